#include "cli/who_text.hpp"

#include <vector>

#include "support/catch.hpp"

namespace postrider::cli {
namespace {

std::vector<service::SessionLine> two_sessions() {
    service::SessionLine busy{.session = 7, .user = "ann@example.com", .address = "::ffff:192.0.2.1", .tls = true};
    busy.uid = 1000;
    busy.process = 4711;
    busy.age = 3700;
    busy.status = {.state = "IDLE", .folder = "INBOX.a\x1B[2J", .client_id = "name=\"x\""};
    busy.status.idle = std::chrono::seconds(61);
    busy.status.memory = 4096;
    service::SessionLine fresh{.session = 12, .user = "ben", .address = "2001:db8::1", .protocol = Protocol::pop3};
    fresh.uid = 8;
    fresh.status.state = "starting";
    return {busy, fresh};
}

TEST_CASE("who: a table") {
    CHECK(who_table({}, 0) ==
          "SESSION  USER  ADDRESS  PROTOCOL  TLS  UID  PROCESS  AGE  IDLE  STATE  FOLDER  CLIENT\n");
    CHECK(who_table(two_sessions(), 0) ==
          "SESSION  USER             ADDRESS           PROTOCOL  TLS   UID  PROCESS    AGE   IDLE  STATE     FOLDER    "
          "   "
          "CLIENT\n"
          "      7  ann@example.com  ::ffff:192.0.2.1  imap      yes  1000     4711  1h01m  1m01s  IDLE      "
          "INBOX.a.[2J  "
          "name=\"x\"\n"
          "     12  ben              2001:db8::1       pop3      no      8        -     0s     0s  starting  -         "
          "   "
          "-\n");
}

TEST_CASE("who: JSON") {
    CHECK(who_json({}) == "[\n]\n");
    CHECK(who_json(two_sessions()) == R"([
 {"session": 7, "user": "ann@example.com", "address": "::ffff:192.0.2.1", "protocol": "imap", "tls": true, "uid": 1000, "process": 4711, )"
                                      R"("age": 3700, "idle": 61, "state": "IDLE", "folder": "INBOX.a\u001b[2J", )"
                                      R"("client_id": "name=\"x\"", "memory": 4096},
 {"session": 12, "user": "ben", "address": "2001:db8::1", "protocol": "pop3", "tls": false, "uid": 8, "process": 0, )"
                                      R"("age": 0, "idle": 0, "state": "starting", "folder": "", )"
                                      R"("client_id": "", "memory": 0}
]
)");
}

}  // namespace
}  // namespace postrider::cli
