// What reads header values: fields, addresses, types, dates, encoded words, the envelope.
#include <cstdint>
#include <cstdlib>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "mime/decode.hpp"
#include "mime/envelope.hpp"
#include "mime/header.hpp"

namespace {

using namespace postrider;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_fields(std::string_view text) {
    const char* at = text.data();
    mime::each_field(text, [&](const mime::Field& field) {
        require(field.raw.data() >= at && field.raw.data() + field.raw.size() <= text.data() + text.size());
        require(!field.name.empty() && field.raw.starts_with(field.name));
        require(field.value.size() < field.raw.size());
        at = field.raw.data() + field.raw.size();
    });
}

void check_addresses(const mime::AddressList& list) {
    require(list.size() <= limits::addresses);
    bool in_group = false;
    for (const mime::Address& address : list) {
        if (!address.host) {
            require(in_group != address.mailbox.has_value() && !address.name);
            in_group = !in_group;
        } else {
            require(address.mailbox.has_value());
        }
    }
    require(!in_group);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_fields(text);
    check_addresses(mime::parse_addresses(text));
    const mime::Envelope envelope = mime::envelope_of(text);
    check_addresses(envelope.from);
    check_addresses(envelope.to);
    if (const auto type = mime::parse_content_type(text)) {
        require(!type->type.empty() && !type->subtype.empty());
        require(type->parameters.size() <= limits::mime_parameters);
        type->parameter("name");
        type->parameter("boundary");
    }
    mime::parse_disposition(text);
    mime::parse_date(text);
    require(is_utf8(mime::decode_words(text)));
    return 0;
}
