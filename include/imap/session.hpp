// One IMAP client, from the greeting to the end. RFC 3501 section 3.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/account.hpp"
#include "auth/arrival.hpp"
#include "auth/gate.hpp"
#include "core/session_facts.hpp"
#include "core/task.hpp"
#include "imap/settings.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"
#include "store/user.hpp"

namespace postrider::imap {

struct Reply;
struct Command;

/// RFC 3501 section 3. Values are bits, so that a command can name several.
enum class State : std::uint8_t { not_authenticated = 1, authenticated = 2, selected = 4, logout = 8 };

constexpr State operator|(State a, State b) {
    return static_cast<State>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool includes(State set, State one) {
    return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(one)) != 0;
}

/// What sessions share, given by the service; outlives them.
struct Environment {
    auth::Gate* gate = nullptr;                       ///< null where nobody logs in: in a worker, in a PREAUTH session
    store::Store* store = nullptr;                    ///< null in a front
    std::shared_ptr<const Settings> settings;         ///< those of the session's start
    std::shared_ptr<const net::TlsContext> starttls;  ///< null: not offered
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

    /// From the greeting to a granted login: then the connection is flushed and goes on elsewhere. Null: LOGOUT, the
    /// client's going, a timeout, or stop(); the connection is closed.
    Task<std::unique_ptr<Admission>> run_login();

    /// From the answer of the command that logged in to the end. The connection is flushed and closed afterwards.
    Task<void> run_admitted(std::unique_ptr<auth::Arrival> arrival);

    /// The same for an account that never logs in: "* PREAUTH Ready." compat/imap.md section 1.
    Task<void> run_preauth(auth::Account account, std::string maildir);

    /// Ends the session at its next wait, with BYE. On the strand only.
    void kick();
    /// On the strand only.
    SessionReport report() const;

    // For commands. ------------------------------------------------------------------------------------------------

    State state() const { return state_; }
    const Settings& settings() const { return *environment_.settings; }
    const Environment& environment() const { return environment_; }
    const Peer& peer() const { return peer_; }
    net::Connection& connection() { return connection_; }
    const auth::Account& account() const { return account_; }
    const std::string& tag() const { return tag_; }
    /// Whether the client's end is encrypted, also when somebody else does that.
    bool is_secure() const { return connection_.is_tls() || relayed_tls_; }
    const std::string& client_id() const { return client_id_; }
    void set_client_id(std::string id) { client_id_ = std::move(id); }

    store::User& user() { return *user_; }
    /// In the selected state.
    store::Mailbox& mailbox() { return *mailbox_; }
    /// name: as the client gave it, UTF-8.
    void select(std::unique_ptr<store::Mailbox> mailbox, std::string name);
    void unselect();

    /// Untagged output, without "* " and CRLF. Flushed when the queue passes its mark, by drain() and at the end.
    void untagged(std::string_view text);
    /// Bytes as they are.
    void raw(std::string_view bytes) { connection_.write(bytes); }
    void raw_large(std::string bytes) { connection_.write_large(std::move(bytes)); }
    /// Where the output stands: inside a literal no word of ours may follow, not even BYE.
    enum class Output : bool { between_lines, in_literal };
    /// Sends what is queued when that is more than the mark. False: the client is gone, the command must end.
    Task<bool> drain(Output output = Output::between_lines);

    /// Sends "+ text" and flushes. False: the client is gone.
    Task<bool> continuation(std::string_view text);
    /// The next line of an exchange (AUTHENTICATE), none when the client is gone or sent too much.
    Task<std::optional<std::string>> exchange_line(std::size_t most);
    /// When this session must have input at the latest: login time before login, idle time afterwards.
    net::Deadline input_deadline() const;

    /// Looks at the folder and says what changed. False: the mailbox is gone, BYE was said.
    Task<bool> sync(store::Expunges expunges);
    /// The same without a look: what the folder is known to have become.
    Task<bool> news(store::Expunges expunges);
    /// Says what is known to have changed. quiet: messages whose flags the client can work out itself (.SILENT).
    /// False: the client is gone.
    Task<bool> announce(store::Changes changes, std::vector<SeqNum> quiet = {});

    /// What the gate says. None: the connection ends meanwhile.
    Task<std::optional<Result<auth::Grant>>> ask_gate(auth::Proof proof);
    Task<std::optional<Result<auth::ScramOffer>>> ask_gate(auth::ScramQuestion question);
    /// The reply of LOGIN and AUTHENTICATE. With a grant this half of the session is over.
    Reply admitted(const auth::Grant& grant);
    /// who: for the log, "user=NAME" or "method=MECHANISM".
    Reply refused_login(const Error& error, const std::string& who);
    /// Says, as a debug line, why the TLS handshake failed.
    void log_tls_trouble() const;
    /// For this connection, as it is now.
    auth::SaslContext sasl_context() const;

    /// The literal that APPEND's message is in: announced, not read yet.
    struct MessageLiteral {
        std::uint64_t size = 0;
        bool synchronising = true;
    };
    std::optional<MessageLiteral>& message_literal() { return message_literal_; }

    /// Ends the session after the reply. why: what the log says, such as "LOGOUT".
    void end(std::string_view why);
    /// Says BYE and ends at once: nothing is said after it.
    void bye(std::string_view text, std::string_view why);

    /// Ends the session as the connection's end asks for, with BYE where the client may still read it.
    void closed(net::Closed closed);

    /// A function that any thread may call, also when the session is over: it wakes the session's wait for input.
    std::function<void()> waker();

    /// The command sent its tagged reply itself (STARTTLS).
    void answered() { answered_ = true; }

    bool utf8() const { return utf8_; }
    void enable_utf8() { utf8_ = true; }

    std::string capabilities() const;
    /// FLAGS and PERMANENTFLAGS. compat/imap.md section 6.
    void print_flags_lines();
    std::vector<std::string_view> keyword_names(const store::Message& message) const;

    /// Octets for the LOGOUT line.
    void count_fetched(std::uint64_t header, std::uint64_t body);

private:
    enum class Begin : std::uint8_t { greeting, admitted, preauth };
    Task<void> run_guarded(Begin begin);
    Task<void> loop(Begin begin);
    Task<bool> greet(Begin begin);
    Task<bool> tell(Result<store::Changes> changes);
    Task<bool> run_one();
    Task<void> run_command(struct CommandLine& line);
    Task<Reply> dispatch(const Command& command, const struct CommandLine& line);
    Task<bool> drop_message_literal();
    /// The account's Maildir; false: BYE was said.
    Task<bool> open_account();
    void refuse_account(const Error& error);
    void tagged(const Reply& reply);
    void count_bad();
    void log_end();
    std::string log_peer() const;
    std::string_view stop_word() const;  ///< of the closing log line after stop()

    net::Connection& connection_;
    Environment environment_;
    Peer peer_;
    State state_ = State::not_authenticated;
    auth::Account account_;
    std::shared_ptr<store::User> user_;  ///< owners: the account's sessions
    std::unique_ptr<store::Mailbox> mailbox_;
    std::string tag_;
    std::optional<MessageLiteral> message_literal_;
    std::chrono::steady_clock::time_point started_;
    std::string maildir_;
    std::string folder_;  ///< the selected mailbox
    std::string client_id_;
    std::string_view doing_;  ///< the command under way: a name of the command table
    std::chrono::steady_clock::time_point last_command_;
    std::unique_ptr<Admission> admission_;  ///< set by a granted login
    std::uint64_t received_before_ = 0;     ///< by the first half of the session
    std::uint64_t sent_before_ = 0;
    std::string end_word_;  ///< first word of the closing log line; empty until the session ends
    std::string late_bye_;  ///< said after the tagged reply
    struct Waker;
    std::shared_ptr<Waker> waker_;  ///< owner: this; functions given out hold it weakly
    std::uint64_t header_octets_ = 0;
    std::uint64_t body_octets_ = 0;
    int bad_commands_ = 0;
    bool utf8_ = false;
    bool answered_ = false;
    bool preauth_ = false;
    bool relayed_tls_ = false;
    bool kicked_ = false;
};

}  // namespace postrider::imap
