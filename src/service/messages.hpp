// What our processes say to each other. Each struct is one kind of message; message_rules() says who may send it to
// whom, when, how long it may be and how often. Bytes: codec.hpp. docs/architecture.md, "Roles".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/session_facts.hpp"
#include "service/auth_fields.hpp"
#include "service/codec.hpp"
#include "service/control_lines.hpp"
#include "service/settings.hpp"

namespace postrider::service {

enum class Role : std::uint8_t { supervisor, front, worker, control };
constexpr Role last_value(Role) {
    return Role::control;
}

/// Where a role's channel stands, as both its ends know it.
enum class Stage : std::uint8_t {
    starting,  ///< until the role's first Ready
    serving,
};

enum class Kind : std::uint8_t {
    settings,
    listener,
    ready,
    login,
    login_answer,
    login_gone,
    scram_question,
    scram_answer,
    hand_over,
    hand_over_answer,
    abandon,
    session_alive,
    serve,
    taken,
    session_ended,
    kick,
    survey,
    statuses,
    figures,
    finish,
    log,
    order,
    order_answer,
};
constexpr Kind last_value(Kind) {
    return Kind::order_answer;
}

// --- Supervisor to front or worker -----------------------------------------------------------------------------------

/// With a memory file that holds the encoded FrontSettings or WorkerSettings (role_settings.hpp): at the start, and
/// again at each reload. Answered by Ready.
struct NewSettings {
    static constexpr Kind kind = Kind::settings;
    std::uint64_t size = 0;  ///< of the file's content
};

/// To the front: a listening socket comes along. Before the settings.
struct NewListener {
    static constexpr Kind kind = Kind::listener;
    Door door;
    bool proxy = false;  ///< connections begin with a PROXY header
    std::uint16_t port = 0;
};

struct LoginAnswer {
    static constexpr Kind kind = Kind::login_answer;
    std::uint64_t request = 0;
    std::uint64_t session = 0;  ///< 0: refused, because of:
    std::uint8_t refusal = 0;   ///< a Code
    std::string signature;      ///< of SCRAM
};

struct ScramAnswer {
    static constexpr Kind kind = Kind::scram_answer;
    std::uint64_t request = 0;
    std::optional<auth::ScramOffer> offer;  ///< none: it cannot be said now
};

/// To the front; for a session over TLS the socket to relay to comes along.
struct HandOverAnswer {
    static constexpr Kind kind = Kind::hand_over_answer;
    std::uint64_t session = 0;
    bool taken = false;
};

/// To a front that was started anew: a session that an earlier one handed over is still there.
struct SessionAlive {
    static constexpr Kind kind = Kind::session_alive;
    std::uint64_t session = 0;
    Door door;
    std::string address;
};

/// To a worker, with the socket of the client or of the relay.
struct Serve {
    static constexpr Kind kind = Kind::serve;
    auth::Account account;
    Admission admission;
    std::string read_ahead;
};

/// To a worker: end this session, with BYE. 0: all of them, as soon as the command under way has its answer.
struct Kick {
    static constexpr Kind kind = Kind::kick;
    std::uint64_t session = 0;
};

/// Ask for Figures (front) or Statuses (worker).
struct Survey {
    static constexpr Kind kind = Kind::survey;
    std::uint64_t query = 0;
};

/// Take nothing new; end what waits for its client; commands under way go on, unless `now`.
struct Finish {
    static constexpr Kind kind = Kind::finish;
    bool now = false;
};

// --- Front or worker to supervisor -----------------------------------------------------------------------------------

/// The settings are in force, and at the first time the doors are closed; or why not.
struct Ready {
    static constexpr Kind kind = Kind::ready;
    std::string trouble;  ///< empty: none
};

struct Login {
    static constexpr Kind kind = Kind::login;
    std::uint64_t request = 0;
    Protocol protocol = Protocol::imap;
    auth::Proof proof;
    std::string peer;  ///< numeric address
    bool tls = false;
};

/// A client of SCRAM has told its name. Answered by ScramAnswer.
struct ScramAsk {
    static constexpr Kind kind = Kind::scram_question;
    std::uint64_t request = 0;  ///< numbered with the logins
    Protocol protocol = Protocol::imap;
    auth::ScramQuestion question;
    std::string peer;  ///< numeric address
};

/// Who asked does not wait for the answer any more.
struct LoginGone {
    static constexpr Kind kind = Kind::login_gone;
    std::uint64_t request = 0;
};

/// The session that a grant stands for. A plain connection comes along; one over TLS stays with the front.
struct HandOver {
    static constexpr Kind kind = Kind::hand_over;
    Admission admission;
    std::string read_ahead;
    Door door;  ///< that the connection came in by
};

/// The client of a grant is gone.
struct Abandon {
    static constexpr Kind kind = Kind::abandon;
    std::uint64_t session = 0;
};

/// From a worker: it has the session, or cannot have it.
struct Taken {
    static constexpr Kind kind = Kind::taken;
    std::uint64_t session = 0;
    bool taken = true;
};

/// From a worker to the supervisor, and from there to the front.
struct SessionEnded {
    static constexpr Kind kind = Kind::session_ended;
    std::uint64_t session = 0;
    bool crashed = false;  ///< its worker died
};

struct SessionStatus {
    std::uint64_t session = 0;
    SessionReport status;
};

/// One of several answers to a Survey; the last says so.
struct Statuses {
    static constexpr Kind kind = Kind::statuses;
    std::uint64_t query = 0;
    bool last = false;
    std::vector<SessionStatus> sessions;
};

struct Figures {
    static constexpr Kind kind = Kind::figures;
    std::uint64_t query = 0;
    std::vector<Figure> figures;
};

struct LogLine {
    static constexpr Kind kind = Kind::log;
    LogLevel level = LogLevel::debug;
    std::string text;
    Protocol protocol = Protocol::imap;
};

// --- Control: `postrider who` and its like, over a socket for root only ----------------------------------------------

enum class Verb : std::uint8_t { who, kick, stats, reload, stop };
constexpr Verb last_value(Verb) {
    return Verb::stop;
}

struct Order {
    static constexpr Kind kind = Kind::order;
    Verb verb = Verb::who;
    std::string argument;  ///< kick: a session's number or an account
};

/// One of several answers to an Order; the last says so.
struct OrderAnswer {
    static constexpr Kind kind = Kind::order_answer;
    bool last = false;
    std::string trouble;      ///< why it was not done; empty: it was
    std::uint64_t count = 0;  ///< kick: sessions that were ended
    std::vector<SessionLine> sessions;
    std::vector<Figure> figures;
};

// --- Fields: how each struct is written ------------------------------------------------------------------------------

constexpr std::size_t address_text_bytes = 64;
constexpr std::size_t tag_bytes = limits::login_line_bytes;

template <class C>
void fields(C& c, NewSettings& m) {
    c& m.size;
}
template <class C>
void fields(C& c, Door& d) {
    c& d.protocol& d.tls;
}
template <class C>
void fields(C& c, NewListener& m) {
    c& m.door& m.proxy& m.port;
}
template <class C>
void fields(C& c, LoginAnswer& m) {
    c& m.request& m.session& m.refusal;
    bounded(c, m.signature, scram_signature_bytes);
}
template <class C>
void fields(C& c, ScramAnswer& m) {
    c& m.request& m.offer;
}
template <class C>
void fields(C& c, HandOverAnswer& m) {
    c& m.session& m.taken;
}
template <class C>
void fields(C& c, SessionAlive& m) {
    c& m.session& m.door;
    bounded(c, m.address, address_text_bytes);
}
void encode_peer(Encoder& c, const Peer& peer);
void decode_peer(Decoder& c, Peer& peer);
inline void fields(Encoder& c, Peer& peer) {
    encode_peer(c, peer);
}
inline void fields(Decoder& c, Peer& peer) {
    decode_peer(c, peer);
}
template <class C>
void fields(C& c, Admission& a) {
    c& a.session& a.protocol& a.peer;
    bounded(c, a.tag, tag_bytes);
    bounded(c, a.client_id, limits::client_id_bytes);
    c& a.tls& a.utf8;
    auto started = a.started.time_since_epoch();
    c& started;
    a.started = std::chrono::steady_clock::time_point(started);
    c& a.received& a.sent;
}
template <class C>
void fields(C& c, Serve& m) {
    c& m.account& m.admission;
    bounded(c, m.read_ahead, limits::read_ahead_bytes);
}
template <class C>
void fields(C& c, Kick& m) {
    c& m.session;
}
template <class C>
void fields(C& c, Survey& m) {
    c& m.query;
}
template <class C>
void fields(C& c, Finish& m) {
    c& m.now;
}
template <class C>
void fields(C& c, LoginGone& m) {
    c& m.request;
}
template <class C>
void fields(C& c, Ready& m) {
    bounded(c, m.trouble, limits::log_line_bytes);
}
template <class C>
void fields(C& c, Login& m) {
    c& m.request& m.protocol& m.proof;
    bounded(c, m.peer, address_text_bytes);
    c& m.tls;
}
template <class C>
void fields(C& c, ScramAsk& m) {
    c& m.request& m.protocol& m.question;
    bounded(c, m.peer, address_text_bytes);
}
template <class C>
void fields(C& c, HandOver& m) {
    c& m.admission;
    bounded(c, m.read_ahead, limits::read_ahead_bytes);
    c& m.door;
}
template <class C>
void fields(C& c, Abandon& m) {
    c& m.session;
}
template <class C>
void fields(C& c, Taken& m) {
    c& m.session& m.taken;
}
template <class C>
void fields(C& c, SessionEnded& m) {
    c& m.session& m.crashed;
}
template <class C>
void fields(C& c, SessionReport& s) {
    bounded(c, s.state, 64);
    bounded(c, s.folder, 4096);
    bounded(c, s.client_id, limits::client_id_bytes);
    c& s.idle& s.memory;
}
template <class C>
void fields(C& c, SessionStatus& s) {
    c& s.session& s.status;
}
template <class C>
void fields(C& c, Statuses& m) {
    c& m.query& m.last& m.sessions;
}
template <class C>
void fields(C& c, Figure& f) {
    bounded(c, f.name, 64);
    bounded(c, f.label, 256);
    c& f.value;
}
template <class C>
void fields(C& c, Figures& m) {
    c& m.query& m.figures;
}
template <class C>
void fields(C& c, LogLine& m) {
    c& m.level;
    bounded(c, m.text, limits::log_line_bytes);
    c& m.protocol;
}
template <class C>
void fields(C& c, Order& m) {
    c& m.verb;
    bounded(c, m.argument, account_text_bytes);
}
template <class C>
void fields(C& c, SessionLine& s) {
    bounded(c, s.user, account_text_bytes);
    bounded(c, s.address, address_text_bytes);
    c& s.session& s.protocol& s.tls& s.uid& s.process& s.age& s.status;
}
template <class C>
void fields(C& c, OrderAnswer& m) {
    c& m.last;
    bounded(c, m.trouble, limits::log_line_bytes);
    c& m.count& m.sessions& m.figures;
}

}  // namespace postrider::service

namespace postrider {
constexpr LogLevel last_value(LogLevel) {
    return LogLevel::error;
}
}  // namespace postrider
