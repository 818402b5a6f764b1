// The rules that the checker holds a server to, each with the section that it comes from.
#pragma once

#include <cstdint>
#include <string_view>

namespace postrider::bench::stress {

enum class Rule : std::uint8_t {
    grammar,
    exists_falls,
    number_range,
    expunge_timing,
    expunge_unasked,
    expunge_left,
    uid_order,
    number_renamed,
    uid_below_uid_next,
    uid_validity,
    content,
    fixed_item,
    flags,
    flags_not_told,
    message_lost,
    message_back,
    message_count,
    recent_twice,
    search,
    answer_incomplete,
    refused,
    copy_uid,
    mod_seq,
    session_ended,
};

struct RuleText {
    std::string_view name;     ///< as reports and tests write it
    std::string_view source;   ///< the section that says so
    std::string_view meaning;  ///< in a sentence
};

const RuleText& text_of(Rule rule);

}  // namespace postrider::bench::stress
