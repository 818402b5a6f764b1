#include "service/registry.hpp"

#include <utility>

#include "net/network.hpp"

namespace postrider::service {

std::string address_key(const boost::asio::ip::address& address) {
    const auto plain = net::plain_address(address);
    return plain.is_v4() ? plain.to_string() : net::Network(plain, 64).text();
}

Registry::Entry::~Entry() {
    if (registry_ != nullptr) {
        registry_->remove(id_);
    }
}

void Registry::Entry::set_end(std::function<void(Ending)> end) {
    const std::scoped_lock lock(registry_->mutex_);
    Record& record = registry_->records_.at(id_);
    if (record.dropped) {
        end(Ending::now);
    } else if (registry_->ending_) {
        end(*registry_->ending_);
    }
    record.end = std::move(end);
}

void Registry::Entry::logged_in() {
    const std::scoped_lock lock(registry_->mutex_);
    registry_->leave_login(id_, registry_->records_.at(id_));
}

Registry::Admission Registry::admit(Door door, const boost::asio::ip::address& peer, const Limits& limits) {
    const std::scoped_lock lock(mutex_);
    if (ending_) {
        return {std::nullopt, Refusal::stopping};
    }
    std::string address = address_key(peer);
    Counts& from_there = by_address_[{door, address}];
    if (from_there.all >= limits.connections.per_address) {
        return {std::nullopt, Refusal::address_full};
    }
    auto& before_login = before_login_[index(door)];
    if (counts_[index(door)] >= limits.connections.most && before_login.empty()) {
        if (from_there.all == 0) {
            by_address_.erase({door, address});
        }
        return {std::nullopt, Refusal::full};
    }
    if (from_there.before_login.size() >= limits.login.per_address_before_login) {
        drop_oldest(from_there.before_login);
    } else if (!before_login.empty() &&
               (before_login.size() >= limits.login.before_login || counts_[index(door)] >= limits.connections.most)) {
        drop_oldest(before_login);
    }
    const std::uint64_t id = next_id_++;
    ++from_there.all;
    from_there.before_login.insert(id);
    ++counts_[index(door)];
    before_login.insert(id);
    records_.emplace(id, Record{door, std::move(address)});
    return {Entry(*this, id), Refusal::none};
}

/// Its place comes free when its coroutine ends, very soon; until then it counts among the connections alone.
void Registry::drop_oldest(const std::set<std::uint64_t>& among) {
    const std::uint64_t id = *among.begin();
    Record& record = records_.at(id);
    leave_login(id, record);
    record.dropped = true;
    ++dropped_;
    if (record.end) {
        record.end(Ending::now);
    }
}

void Registry::leave_login(std::uint64_t id, Record& record) {
    if (std::exchange(record.before_login, false)) {
        before_login_[index(record.door)].erase(id);
        by_address_.at({record.door, record.address}).before_login.erase(id);
    }
}

bool Registry::is_full(Door door, const Limits& limits) const {
    const std::scoped_lock lock(mutex_);
    return counts_[index(door)] >= limits.connections.most && before_login_[index(door)].empty();
}

void Registry::remove(std::uint64_t id) {
    const std::scoped_lock lock(mutex_);
    const auto record = records_.find(id);
    leave_login(id, record->second);
    --counts_[index(record->second.door)];
    const auto from_there = by_address_.find({record->second.door, record->second.address});
    if (--from_there->second.all == 0) {
        by_address_.erase(from_there);
    }
    records_.erase(record);
}

void Registry::end_all(Ending ending) {
    const std::scoped_lock lock(mutex_);
    ending_ = ending;
    for (const auto& [id, record] : records_) {
        if (record.end) {
            record.end(ending);
        }
    }
}

void Registry::end_before_login() {
    const std::scoped_lock lock(mutex_);
    ending_ = Ending::now;
    for (const auto& [id, record] : records_) {
        if (record.before_login && record.end) {
            record.end(Ending::now);
        }
    }
}

std::size_t Registry::size() const {
    const std::scoped_lock lock(mutex_);
    return records_.size();
}

std::size_t Registry::before_login() const {
    const std::scoped_lock lock(mutex_);
    return before_login_[0].size() + before_login_[1].size();
}

std::uint64_t Registry::dropped() const {
    const std::scoped_lock lock(mutex_);
    return dropped_;
}

}  // namespace postrider::service
