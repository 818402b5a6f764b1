// The sockets that go between supervisor and front, which may have been taken over.
#pragma once

#include <utility>

#include "core/descriptor.hpp"
#include "service/listeners.hpp"

namespace postrider::service {

/// What a front may hand over, connected or not any more.
bool is_of_a_client(int socket);

bool is_connected(int socket);

/// A front that was taken over may have shut a listener, for itself and for those after it.
void listen_again(const OpenListener& open);

/// The ends of a connection that the front keeps for its client. Two invalid ones: none could be made.
std::pair<Descriptor, Descriptor> relay_sockets();

}  // namespace postrider::service
