// The front as its supervisor sees it: one process at a time, started again when it dies, with its requests answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/channel.hpp"
#include "service/child.hpp"
#include "service/gatekeeper.hpp"
#include "service/listeners.hpp"
#include "service/pending.hpp"
#include "service/privilege.hpp"
#include "service/settings.hpp"
#include "service/workers.hpp"

namespace postrider::service {

/// On the supervisor's strand, as all of this class.
class FrontLine {
public:
    /// gatekeeper, workers, file_strand: outlive this.
    FrontLine(net::Strand strand, asio::thread_pool& pool, Gatekeeper& gatekeeper, Workers& workers);

    /// Starts the front and waits until its doors are closed. Throws StartError with what it said.
    Task<void> start(const Settings& settings, const std::vector<OpenListener>& listeners);
    /// Gives what is wrong with the new settings; the old ones then stay in the front.
    Task<std::string> replace(const Settings& settings);

    /// A session is over: its place comes free.
    void session_ended(std::uint64_t session, bool crashed);
    /// None within a time: an empty list.
    Task<std::vector<Figure>> figures();

    void finish(bool now);
    void close();
    void kill();
    bool is_gone() const { return child_ == nullptr; }
    pid_t process() const;
    std::uint64_t starts() const { return starts_; }

private:
    struct Front;
    using FrontPtr = std::shared_ptr<Front>;  ///< owners: this, and the coroutines of its life

    /// Throws when the system has no room for one.
    void spawn();
    Task<void> start_again();
    Task<void> live(FrontPtr front);
    void obey(FrontPtr front, Packet packet);
    static void log(Front& front, const LogLine& line);
    Task<void> demand_ready(FrontPtr front);
    void begin_login(const FrontPtr& front, Login login);
    /// Ends early, without an answer that anybody waits for, when the front says so.
    Task<void> answer(FrontPtr front, Login login);
    Task<void> answer(FrontPtr front, ScramAsk ask);
    void begin_hand_over(const FrontPtr& front, HandOver message, Packet packet);
    Task<void> hand_over(FrontPtr front, HandOver message, Descriptor client);
    Task<bool> place(auth::Account account, HandOver message, Descriptor client, Descriptor& relay);
    void begin(Front& front, const std::string& trouble);

    net::Strand strand_;
    asio::thread_pool& pool_;
    Gatekeeper& gatekeeper_;
    Workers& workers_;
    Settings settings_;
    std::string encoded_settings_;  ///< for a front that is started again
    Identity identity_;
    const std::vector<OpenListener>* listeners_ = nullptr;
    FrontPtr child_;
    std::shared_ptr<Pending<std::string>> ready_;  ///< the answer that is waited for
    std::map<std::uint64_t, std::shared_ptr<Pending<std::vector<Figure>>>> surveys_;
    std::uint64_t last_query_ = 0;
    struct Place {
        std::string address;
        Door door;
    };
    std::map<std::uint64_t, Place> plain_sessions_;  ///< which a new front must count
    std::uint64_t starts_ = 0;
    std::chrono::milliseconds pause_{50};  ///< before the last new start
    bool closing_ = false;
};

}  // namespace postrider::service
