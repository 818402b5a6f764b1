// A session of the stress mode: sends what the generator says and gives every response to the checker; drops its
// connection now and then, in the middle of things, and opens another one.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/imap.hpp"
#include "stress/checker.hpp"
#include "stress/generator.hpp"
#include "stress/peer.hpp"
#include "stress/transcript.hpp"

namespace postrider::bench::stress {

/// What a session may know of the run that it is a part of.
class Course {
public:
    virtual ~Course() = default;
    virtual bool is_over() const = 0;
    /// A command is about to be sent, its text without the tag.
    virtual void sent(std::string_view command) = 0;
};

class StressSession {
public:
    struct Setting {
        World& world;
        Peer& peer;
        Course& course;
        std::chrono::nanoseconds timeout;
    };

    /// All that is named outlives the session. number: of this session among those of the run; with the seed it says
    /// what the session chooses.
    StressSession(const asio::any_io_executor& executor, const Setting& setting, std::string name, std::size_t number,
                  SessionTranscript& transcript);

    /// Works until the run is over, then logs out. Throws Contradiction, or ConnectionError where no session can be
    /// had.
    Task<> work();
    /// A new session that looks at every message of every folder.
    Task<> look_at_everything();

    /// Closes the connection; what waits for it ends with ConnectionError.
    void abort();
    const std::string& name() const { return name_; }
    /// The folders that it has worked in, over all its connections.
    const std::set<std::size_t>& touched() const { return touched_; }

private:
    Task<> open();
    Task<> step();
    Task<> run(std::vector<Command> commands);
    Task<> send(Command command);
    Task<> idle();
    Task<> append(Command command);
    Task<> read_all();
    void queue(Command command, const std::string& literal);
    void close(bool dropped);

    asio::any_io_executor executor_;
    Setting setting_;
    std::string name_;
    Random random_;
    SessionTranscript& transcript_;
    Abilities abilities_;
    std::unique_ptr<ImapClient> client_;
    std::unique_ptr<Checker> checker_;
    std::unique_ptr<Generator> generator_;
    std::set<std::size_t> touched_;
};

}  // namespace postrider::bench::stress
