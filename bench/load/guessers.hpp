// Clients that guess passwords: so many begin each second, whatever becomes of those before, each from an address of
// its own among many. Half of them try the accounts of the run, the others names that nobody has.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <thread>

#include "load/target.hpp"

namespace postrider::bench {

/// In a thread of its own, from the constructor to stop().
class Guessers {
public:
    /// target: an IMAP server on a loopback address, which all of 127.0.0.0/8 can reach; outlives this.
    /// Throws UsageError for another one.
    explicit Guessers(const Target& target);
    ~Guessers();
    Guessers(const Guessers&) = delete;
    Guessers& operator=(const Guessers&) = delete;

    /// Waits until the first ones are out of patience and one has ended: from then on as many end as begin.
    void wait_until_steady() const;
    /// Ends them all, and adds what became of them to tally.extra: "guesses begun", "refused", "without an answer"
    /// (within --guess-patience) and "turned away" (no connection, or it was closed), and the seconds. Those under way
    /// are none of these. A guess that was let in is an error. Called once; throws what made the thread end early.
    void stop(Tally& tally);

private:
    Task<> begin_all();
    /// A guess has ended, or begin_all() has; failure: by this.
    void keep(std::exception_ptr failure);
    Task<> guess(std::uint64_t number);
    /// The client's way. Gives what became of it.
    Task<const char*> refused(std::uint64_t number);

    const Target& target_;
    asio::io_context loop_{1};
    Tally tally_;  ///< of thread_, until it has ended
    Moment begin_ = Clock::now();
    std::atomic<bool> has_ended_ = false;  ///< one of them
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace postrider::bench
