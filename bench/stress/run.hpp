// A stress run from the making of its folders to the comparison at its end. One thread runs everything, so that the
// order in which lines are sent and read is one order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/maildir_agent.hpp"
#include "load/progress.hpp"
#include "stress/session.hpp"

namespace postrider::bench::stress {

/// What ended a run before its time.
struct Failure {
    std::string rule;                    ///< of a contradiction; "" for another error
    std::string source;                  ///< the section that says so
    std::string sentence;                ///< what is wrong
    std::string session;                 ///< who was told
    std::vector<std::string> concerned;  ///< the sessions that worked in the same folders, the one who was told first
};

class StressRun : public Course {
public:
    explicit StressRun(const StressOptions& options);
    ~StressRun() override;

    /// To the end. None: everything agreed.
    std::optional<Failure> run();
    /// Of a session, by its name.
    std::string transcript(const std::string& session) const;

    std::uint64_t commands() const { return commands_; }
    /// A hash (FNV-1a) of all commands in the order sent: equal where a run has repeated itself.
    std::uint64_t choices() const { return choices_; }
    std::uint64_t deliveries() const { return deliveries_; }
    double seconds() const;

    bool is_over() const override;
    void sent(std::string_view command) override;

private:
    struct Member {
        Member(std::chrono::steady_clock::time_point begin, std::size_t most) : transcript(begin, most) {}

        SessionTranscript transcript;
        std::unique_ptr<StressSession> session;
    };

    StressSession& add(Peer& peer, const std::string& name);
    void add_members();
    /// Starts it in the loop; what it throws ends the run.  session: whose it is, null for none.
    void start(StressSession* session, Task<> work);
    void run_loop();
    void fail(StressSession* session, const std::exception_ptr& thrown);
    Task<> make_folders();
    Task<> delete_folders();
    Task<> deliver();
    Task<> keep_house();

    const StressOptions& options_;
    asio::io_context loop_{1};
    World world_;
    std::unique_ptr<Peer> server_;
    std::unique_ptr<Peer> foreign_;  ///< null: none
    std::deque<Member> members_;
    std::vector<MaildirAgent> agents_;  ///< one a folder, where there are deliveries
    std::optional<Failure> failure_;
    std::chrono::steady_clock::time_point begin_;
    std::chrono::steady_clock::time_point end_;
    std::vector<std::string> folder_names_;  ///< without the prefix that the server wants
    std::size_t running_ = 0;                ///< of what start() started
    std::uint64_t commands_ = 0;
    std::uint64_t choices_ = 0xCBF29CE484222325;
    std::uint64_t deliveries_ = 0;
    Progress progress_;
};

}  // namespace postrider::bench::stress
