// Sessions played by hand: what each sends and hears is written in the test, and the checker says whether it can be.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stress/checker.hpp"
#include "support/catch.hpp"

namespace postrider::bench::stress {

/// Two folders, any number of sessions; the messages 1, 2, 3 ... of the run's seed.
class Stage {
public:
    static constexpr std::uint64_t seed = 7;

    Stage();
    World& world() { return world_; }
    Folder& folder() { return world_.folders().front(); }

    /// A session that has nothing selected.
    Checker& session(Standard standard = Standard::full);
    /// A session that has the first folder selected and knows all UIDs and flags. flags: of each message, as told.
    Checker& selected(const std::vector<std::string>& flags, Verb verb = Verb::select);
    /// So many messages in the first folder, with the UIDs 1 and up.
    void fill(std::uint32_t count);

    /// Gives the command's tag.
    std::string send(Checker& session, Command command);
    /// lines: each with CRLF; literals as on the wire.
    void hear(Checker& session, std::string_view lines);
    /// Sends, hears the lines, and then "TAG OK" with the text.
    void run(Checker& session, Command command, std::string_view lines, std::string_view ok = "done");

private:
    World world_{seed};
    std::vector<std::unique_ptr<Checker>> sessions_;
    std::uint32_t tags_ = 0;
};

/// UIDs from these numbers.
std::vector<Uid> uids(std::initializer_list<std::uint32_t> numbers);
Command select_command(Verb verb = Verb::select);
Command plain(Verb verb);
Command fetch(std::vector<Uid> messages, std::vector<Item> items, bool by_uid = true);
Command store(std::vector<Uid> messages, Change change, Flags flags, bool silent = false);
Command append(ContentId content, Flags flags = {});
Command copy(std::vector<Uid> messages, std::size_t folder);

/// "{SIZE}CRLF" and the bytes.
std::string literal(std::string_view bytes);
std::string content(std::uint32_t number);

/// The rule that work() is found to break; none where it is legal.
template <class Work>
std::optional<std::string> broken(Work work) {
    try {
        work();
    } catch (const Contradiction& contradiction) {
        UNSCOPED_INFO(contradiction.what());
        return std::string(text_of(contradiction.rule()).name);
    }
    return std::nullopt;
}

}  // namespace postrider::bench::stress
