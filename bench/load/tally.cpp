#include "load/tally.hpp"

namespace postrider::bench {

void ErrorTexts::add(const std::string& text, std::uint64_t times) {
    count_ += times;
    const bool is_known = texts_.contains(text) || texts_.size() < max_texts;
    texts_[is_known ? text : "other errors"] += times;
}

void Tally::add(const Tally& other) {
    operations += other.operations;
    latency.add(other.latency);
    for (const auto& [text, times] : other.errors.texts()) {
        errors.add(text, times);
    }
    traffic.received += other.traffic.received;
    traffic.sent += other.traffic.sent;
    for (const auto& [name, value] : other.extra) {
        extra[name] += value;
    }
    for (const auto& [name, histogram] : other.latency_of_kinds) {
        latency_of_kinds[name].add(histogram);
    }
}

}  // namespace postrider::bench
