#include "service/registry.hpp"

#include <utility>

namespace postrider::service {

Registry::Entry::~Entry() {
    if (registry_ != nullptr) {
        registry_->remove(id_);
    }
}

void Registry::Entry::set_stop(std::function<void()> stop) {
    const std::scoped_lock lock(registry_->mutex_);
    if (registry_->stopping_) {
        stop();
    }
    registry_->records_.at(id_).stop = std::move(stop);
}

Registry::Admission Registry::admit(Tls kind, const boost::asio::ip::address& peer, const ConnectionLimits& limits) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
        return {std::nullopt, Refusal::stopping};
    }
    std::string address = peer.to_string();
    auto& from_there = by_address_[{kind, address}];
    if (from_there >= limits.per_address) {
        return {std::nullopt, Refusal::address_full};
    }
    ++from_there;
    ++counts_[kind == Tls::on_request ? 0 : 1];
    const std::uint64_t id = next_id_++;
    records_.emplace(id, Record{kind, std::move(address), {}});
    return {Entry(*this, id), Refusal::none};
}

bool Registry::is_full(Tls kind, const ConnectionLimits& limits) const {
    const std::scoped_lock lock(mutex_);
    return count(kind) >= limits.most;
}

void Registry::remove(std::uint64_t id) {
    const std::scoped_lock lock(mutex_);
    const auto record = records_.find(id);
    --counts_[record->second.kind == Tls::on_request ? 0 : 1];
    const auto from_there = by_address_.find({record->second.kind, record->second.address});
    if (--from_there->second == 0) {
        by_address_.erase(from_there);
    }
    records_.erase(record);
}

void Registry::stop_all() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (const auto& [id, record] : records_) {
        if (record.stop) {
            record.stop();
        }
    }
}

std::size_t Registry::size() const {
    const std::scoped_lock lock(mutex_);
    return records_.size();
}

}  // namespace postrider::service
