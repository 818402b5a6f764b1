// authpipe: accounts from a program of the site, which answers the requests of the authdaemon protocol on its standard
// streams. compat/auth.md section 2.7; docs/authpipe.md is the manual for its author.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/daemon_text.hpp"
#include "auth/module.hpp"
#include "core/limits.hpp"

namespace postrider::auth {

class PipeProcess;

/// In the folder of the settings.
inline constexpr std::string_view authpipe_program = "authProg";
inline constexpr std::string_view authcustom_program = "authCustom";

/// How long each step may take.
struct PipeTimes {
    std::chrono::steady_clock::duration queue = limits::authpipe_queue_time;  ///< until a process is free
    std::chrono::steady_clock::duration reply = limits::authpipe_reply_time;  ///< to take a request, and to answer it
    std::chrono::steady_clock::duration farewell = limits::authpipe_farewell_time;
    std::chrono::steady_clock::duration term = limits::authpipe_term_time;
};

struct PipeSettings {
    std::string name;           ///< of the module: "authpipe", or "authcustom", the same with a program of its own
    std::string program;        ///< its path; runs with our rights, our environment and our standard error
    std::size_t processes = 5;  ///< at most so many, one request at a time each: `daemons` of authdaemonrc
    PipeTimes times;
};

/// A program that cannot be run at the start turns the module off: it has no accounts. Processes are started when they
/// are needed, and go on to the next request; one that ends, says something else than an answer or takes too long is
/// ended, and answers of its request are unavailable. Its process ignores SIGPIPE.
class Pipe : public Module {
public:
    /// strand: of a loop that outlives the module. pool: for looking up the uid of accounts that the system knows;
    /// outlives the module.
    Pipe(asio::any_io_executor strand, asio::thread_pool& pool, PipeSettings settings);
    /// On any thread. Processes are told to end, and are waited for behind the scenes.
    ~Pipe() override;
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    std::string_view name() const override { return settings_.name; }
    Task<Result<std::optional<Record>>> find(Query query) override;
    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override;
    Task<Result<std::optional<Record>>> prove(Query query, CramProof proof) override;
    Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) override;
    Task<Result<bool>> each(std::function<void(const Account& account)> take) override;

private:
    /// A place for a process; null while there is none.
    using Seat = std::unique_ptr<PipeProcess>;
    using Answer = std::variant<daemon::Refused, daemon::AccountBlock, bool, std::vector<Account>>;
    using Receive = Task<std::optional<Answer>> (*)(PipeProcess& from, std::chrono::steady_clock::duration limit);
    class Taken;
    struct Waiter;

    Task<Seat*> take_seat();
    void give_back(Seat* seat);
    /// Any strand. Refused: also what no program can be asked.
    Task<Result<Answer>> ask(daemon::Request request, Receive receive);
    Task<Result<Answer>> ask_here(Secret request, Receive receive);
    Task<void> end(Seat& seat);
    Task<Result<std::optional<Record>>> record(daemon::Request request);
    static Task<std::optional<Answer>> receive_account(PipeProcess& from, std::chrono::steady_clock::duration limit);
    static Task<std::optional<Answer>> receive_verdict(PipeProcess& from, std::chrono::steady_clock::duration limit);
    static Task<std::optional<Answer>> receive_accounts(PipeProcess& from, std::chrono::steady_clock::duration limit);

    asio::any_io_executor strand_;
    asio::thread_pool& pool_;
    PipeSettings settings_;
    bool off_;
    std::vector<Seat> seats_;     ///< what follows: on the strand
    std::vector<Seat*> free_;     ///< the one used last comes first
    std::list<Waiter*> waiting_;  ///< the longest first
};

}  // namespace postrider::auth
