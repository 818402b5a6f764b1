// One POP3 client, from the greeting to the end. RFC 1939 section 3.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/account.hpp"
#include "auth/arrival.hpp"
#include "auth/gate.hpp"
#include "auth/sasl.hpp"
#include "core/session_facts.hpp"
#include "core/task.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"
#include "pop3/settings.hpp"
#include "store/maildrop.hpp"
#include "store/user.hpp"

namespace postrider::pop3 {

struct MessagePlan;
struct Reply;

/// What sessions share, given by the service; outlives them.
struct Environment {
    auth::Gate* gate = nullptr;                   ///< null where nobody logs in: in a worker, in a session of a shell
    store::Store* store = nullptr;                ///< null in a front
    std::shared_ptr<const Settings> settings;     ///< those of the session's start
    std::shared_ptr<const net::TlsContext> stls;  ///< null: not offered
    /// Whether this process may serve the account (its uid is ours); the error's detail is logged.
    std::function<Result<void>(const auth::Account&)> may_serve;
};

/// Lives and dies on its connection's strand.
class Session {
public:
    Session(net::Connection& connection, Environment environment, Peer peer);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // A session runs once, by one of these. None throws.

    /// From the greeting to a granted login: then the connection is flushed and goes on elsewhere. Null: QUIT, the
    /// client's going, a timeout, or stop(); the connection is closed.
    Task<std::unique_ptr<Admission>> run_login();

    /// From the answer of the command that logged in to the end. The connection is flushed and closed afterwards.
    Task<void> run_admitted(std::unique_ptr<auth::Arrival> arrival);

    /// The same for an account that never logs in: "+OK logged in." at once. compat/pop3.md section 1.
    Task<void> run_preauth(auth::Account account, std::string maildir);

    /// Ends the session at its next wait; nothing is deleted. On the strand only.
    void kick();
    /// On the strand only.
    SessionReport report() const;
    net::Connection& connection() { return connection_; }

private:
    // The session's way: session.cpp. --------------------------------------------------------------------------------
    enum class Begin : bool { greeting, maildrop };
    Task<void> run_guarded(Begin begin);
    Task<void> loop(Begin begin);
    void greet();
    Task<bool> run_one();
    Task<void> run_command(const std::string& line);
    /// What the client sends up to the next line end; of a long line the first limits::pop3_line_bytes.
    Task<net::Io<std::string>> next_line(net::Deadline deadline);
    std::uint64_t taken() const { return connection_.bytes_received() - connection_.buffered(); }
    net::Deadline input_deadline() const;
    /// Gives the octets that it wrote.
    std::size_t answer(const Reply& reply);
    /// In the middle of an answer: sends what is queued when that is more than the mark, and gives others their turn.
    /// False: the session is over.
    Task<bool> drain();
    /// Sends all that is queued, and marks the messages that the client has then. False: the session is over.
    Task<bool> send_all();
    /// why: first words of the closing log line.
    void end(std::string_view why);
    /// Ends the session as the connection's end asks for.
    void closed(net::Closed closed);

    // Commands: the table is in commands.cpp. arguments: behind the command's name and one blank. ---------------------
    struct Command;
    static const Command* find_command(std::string_view name);
    Task<Reply> capa(std::string_view arguments);
    Task<Reply> lang(std::string_view arguments);
    Task<Reply> utf8(std::string_view arguments);
    Task<Reply> noop(std::string_view arguments);

    // Before login: login.cpp.
    Task<Reply> user(std::string_view arguments);
    Task<Reply> pass(std::string_view arguments);
    Task<Reply> apop(std::string_view arguments);
    Task<Reply> authenticate(std::string_view arguments);
    Task<Reply> stls(std::string_view arguments);
    class Party;
    /// Of PASS and APOP.
    Task<Reply> log_in(auth::Credentials credentials);
    /// None: the connection ends meanwhile.
    Task<std::optional<Result<auth::Grant>>> ask_gate(auth::Proof proof);
    Task<std::optional<Result<auth::ScramOffer>>> ask_gate(auth::ScramQuestion question);
    Reply admitted(const auth::Grant& grant);
    /// method: of AUTH; empty for PASS and APOP. who: for the log.
    Reply refused_login(const Error& error, const std::string& who, std::string_view method);
    /// For this connection, as it is now.
    auth::SaslContext sasl_context() const;
    /// The answer of the command that logged in.
    Task<Reply> open_account();
    Reply refused_account(const Error& error) const;

    // After login: maildrop_commands.cpp.
    Task<Reply> stat(std::string_view arguments);
    Task<Reply> list(std::string_view arguments);
    Task<Reply> uidl(std::string_view arguments);
    Task<Reply> retr(std::string_view arguments);
    Task<Reply> top(std::string_view arguments);
    Task<Reply> dele(std::string_view arguments);
    Task<Reply> rset(std::string_view arguments);
    Task<Reply> quit(std::string_view arguments);
    /// Takes a message number off the arguments; none: there is no such message, or it is marked deleted.
    std::optional<std::size_t> message_named(std::string_view& arguments) const;
    void add_size(std::size_t index, std::string& out) const;
    void add_uidl(std::size_t index, std::string& out) const;
    /// One line, or one for each message that is not marked deleted behind the heading.
    Task<Reply> give_list(std::string_view arguments, std::string_view heading,
                          void (Session::*add)(std::size_t, std::string&) const);
    MessagePlan plan_of(std::size_t index, std::uint64_t body_lines) const;
    /// octets: of RETR or TOP, for the closing log line.
    Task<Reply> give_message(MessagePlan plan, std::uint64_t& octets);
    Task<Reply> remove_marked();
    void log_deleted(const std::vector<std::string>& names) const;

    // session_report.cpp
    void log_end() const;
    std::string log_peer() const;
    std::string_view stop_word() const;

    const Settings& settings() const { return *environment_.settings; }
    bool is_logged_in() const { return maildrop_ != nullptr; }
    /// Whether the client's end is encrypted, also when somebody else does that.
    bool is_secure() const { return connection_.is_tls() || relayed_tls_; }

    net::Connection& connection_;
    Environment environment_;
    Peer peer_;
    auth::Account account_;
    std::string maildir_;
    std::string name_;       ///< of USER
    std::string timestamp_;  ///< of the greeting, for APOP; empty: not offered
    std::unique_ptr<store::Maildrop> maildrop_;
    std::vector<bool> deleted_;      ///< by DELE; a place for each message
    std::size_t deleted_count_ = 0;  ///< of deleted_: those that are true
    std::uint64_t deleted_octets_ = 0;
    std::vector<std::size_t> given_;  ///< by RETR, not marked seen yet: the client may not have them
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point last_command_;
    std::string_view doing_;                ///< the command under way: a name of the command table
    std::unique_ptr<Admission> admission_;  ///< set by a granted login
    std::string end_word_;                  ///< first word of the closing log line; empty until the session ends
    // For the closing log line: compat/pop3.md section 7.
    std::uint64_t top_octets_ = 0;
    std::uint64_t retr_octets_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t not_counted_ = 0;  ///< of the connection's bytes sent
    int wrong_commands_ = 0;         ///< in a row; before the login in all
    unsigned commands_ = 0;
    bool utf8_ = false;
    bool preauth_ = false;
    bool relayed_tls_ = false;
    bool kicked_ = false;
};

}  // namespace postrider::pop3
