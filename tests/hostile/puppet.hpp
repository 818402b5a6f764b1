// The attacker who has taken a role over: plays it on orders of a test, from behind the role's closed doors.
#pragma once

namespace postrider::hostile {

/// For run_front() and run_worker(): never returns, and ends when its orders end. They come as lines over the first
/// client's connection that the role is given, and each is answered by one line. A worker has not said yet that it is
/// Ready, nor that it took the session. First of all come "puppet", the connection's descriptor, the session (of a
/// worker) and the listeners (of a front).
///
///     call NAME ARGUMENT...   a system call. An argument is a number, s:TEXT, h:HEX (bytes) or b:SIZE (room).
///     send HEX DESCRIPTOR...  a packet to the supervisor
///     flood COUNT HEX         the same packet so often, as fast as the supervisor takes it; gives how often it did
///     receive                 the next packet from the supervisor: "HEX DESCRIPTOR", "end", "nothing" after a while
///
/// call and send give their number or the name of the error: "0", "EPERM".
void play(int channel);

}  // namespace postrider::hostile
