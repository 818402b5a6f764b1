#include "service/messages.hpp"

#include <boost/asio/ip/address.hpp>

namespace postrider::service {

void encode_peer(Encoder& c, const Peer& peer) {
    c& peer.address.to_string() & peer.text& peer.port;
}

void decode_peer(Decoder& c, Peer& peer) {
    std::string address;
    bounded(c, address, address_text_bytes);
    bounded(c, peer.text, address_text_bytes);
    c& peer.port;
    boost::system::error_code error;
    peer.address = boost::asio::ip::make_address(address, error);
    c.require(!error);
}

}  // namespace postrider::service
