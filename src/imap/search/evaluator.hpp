// Decides which messages a search program selects. RFC 3501 section 6.4.4; compat/imap.md section 12.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "imap/fetch/message_facts.hpp"
#include "imap/wire/search_keys.hpp"
#include "store/mailbox.hpp"

namespace postrider::imap {

/// A search made ready: texts decoded from the command's charset, sets resolved. Errors of make: unknown_charset,
/// limit.
class SearchPlan {
public:
    static Result<SearchPlan> make(wire::SearchProgram program, const store::View& view);

    const std::vector<wire::SearchKey>& keys() const { return keys_; }

private:
    std::vector<wire::SearchKey> keys_;  ///< texts in mime::search_form, sets resolved
};

/// Runs on the pool, one stretch after the other. Each message is first judged by what is in memory, then by what the
/// index or its header tells, then by its body, as far as that is needed for the answer.
class SearchEvaluator {
public:
    /// mailbox, plan: outlive this.
    SearchEvaluator(const store::Mailbox& mailbox, std::shared_ptr<const store::View> view, const SearchPlan& plan);

    /// Goes on for about `budget`; true: all messages are judged. Pool only.
    bool next(std::chrono::steady_clock::duration budget);
    /// Ascending.
    const std::vector<SeqNum>& found() const { return found_; }

private:
    /// What a key says so far: the sources still to be read may decide it.
    enum class Verdict : std::uint8_t { no, yes, open };
    /// From the cheapest to the dearest.
    static Verdict verdict(bool yes) { return yes ? Verdict::yes : Verdict::no; }
    enum class Source : std::uint8_t { memory, facts, body };

    bool matches(SeqNum seq);
    Verdict whole(Source source);
    Verdict combined(const wire::SearchKey& key);
    Verdict by_memory(const wire::SearchKey& key) const;
    Result<void> look_at_facts();
    Result<void> read_body();
    /// Errors: the message cannot be read.
    Result<Verdict> by_facts(const wire::SearchKey& key);
    Result<Verdict> by_day(const wire::SearchKey& key);
    Result<Verdict> by_field(const wire::SearchKey& key);
    bool has_keyword(const std::string& name) const;

    std::shared_ptr<const store::View> view_;
    const SearchPlan& plan_;
    std::uint32_t next_ = 1;
    std::vector<SeqNum> found_;

    // The message being judged.
    SeqNum seq_;
    const store::Message* message_ = nullptr;
    MessageFacts facts_;
    std::vector<Verdict> verdicts_;  ///< of each key
    std::vector<Verdict> stack_;
};

}  // namespace postrider::imap
