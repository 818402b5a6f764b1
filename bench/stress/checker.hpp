// Reads everything that one session sends and is told, and throws Contradiction at the first response that no order of
// all sessions' operations allows. docs/benchmarks/stress.md says which rules there are, and what they rest on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/response.hpp"
#include "stress/fetch_line.hpp"
#include "stress/view.hpp"
#include "stress/world.hpp"

namespace postrider::bench::stress {

/// What is asked of a server. Each value says where the second kind is known to be laxer.
enum class Standard : std::uint8_t {
    full,
    foreign,  ///< Courier-IMAP: see docs/benchmarks/stress.md
};

class Checker {
public:
    /// world outlives the checker.  name: for contradictions.
    Checker(World& world, std::string name, Standard standard);
    ~Checker();
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// To be called before the command's first byte is sent.
    void sent(std::string tag, Command command);
    /// Every response but the greeting and continuations.
    void received(const Response& response);
    /// An APPEND under way was dropped before its literal was complete: it is never stored.
    void cut_literal();
    /// The session is dropped: nobody will know how the commands under way ended.
    void dropped(World::Clock::time_point now);

    bool has_pending() const { return !pending_.empty(); }
    /// None: no mailbox is selected.
    View* view() { return view_ ? &*view_ : nullptr; }
    const std::string& name() const { return name_; }
    /// Nothing that the session can still be told is older.
    Stamp oldest() const;

private:
    Folder& folder() { return world_.folders()[view_->folder()]; }
    View& selected(const Response& response);
    Pending* oldest_of(std::initializer_list<Verb> verbs);

    // Untagged responses.
    void received_untagged(const Response& response, Stamp now);
    void received_expunge(std::uint32_t number, Stamp now);
    void received_fetch(const FetchLine& line, Stamp now);
    void received_item(const FetchItem& item, Message& message, Slot& slot, Stamp now);
    void received_flags(const std::string& value, Message* message, Slot& slot, Stamp now);
    void received_body(const FetchItem& item, Message& message);
    void received_search(const Response& response, Stamp now);
    void received_status(const Response& response, Stamp now);
    void received_code(const Response& response);

    // Commands, as they are sent and as they end.
    void begin_changes(Pending& pending);
    void begin_flags(const Pending& pending, Message& message, const Flags& touched, const Flags& values);
    void finish(Pending& pending, const Response& response, Stamp now);
    void check_refusal(const Pending& pending, const Response& response, Stamp now);
    void finish_fetch(Pending& pending, bool ok, Stamp now);
    void finish_store(Pending& pending, bool ok, Stamp now);
    void finish_append(Pending& pending, const Response& response, Stamp now);
    void finish_copy(Pending& pending, const Response& response, bool ok, Stamp now);
    void finish_expunge(Pending& pending, bool ok, Stamp now);
    void check_up_to_date(Interval command);
    void check_complete(Interval read);
    void check_told(const Slot& slot, const Message& message, const Flags& mask, Interval read, Rule rule);
    bool may_be_gone(Uid uid, Stamp now);

    World& world_;
    std::string name_;
    Standard standard_;
    std::optional<View> view_;
    std::vector<Pending> pending_;  ///< in the order sent
};

}  // namespace postrider::bench::stress
