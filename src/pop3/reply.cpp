#include "pop3/reply.hpp"

namespace postrider::pop3 {

Reply not_removed(const std::vector<std::size_t>& indexes) {
    constexpr std::size_t most = 400;  // then one more number, "and N more", "-ERR " and the line end
    std::string text = "[SYS/TEMP] Not removed:";
    std::size_t told = 0;
    for (; told < indexes.size() && text.size() < most; ++told) {
        text += " " + std::to_string(indexes[told] + 1);
    }
    if (told < indexes.size()) {
        text += " and " + std::to_string(indexes.size() - told) + " more";
    }
    return refused(std::move(text));
}

}  // namespace postrider::pop3
