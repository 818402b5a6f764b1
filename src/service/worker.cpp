#include "service/worker.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

namespace postrider::service {

namespace {

/// This process does its work as one user: it may serve that user's accounts only.
Result<void> is_our_own(const auth::Account& account) {
    if (account.uid == ::geteuid() && account.gid == ::getegid()) {
        return {};
    }
    return Error(Code::wrong_owner, "uid and gid are " + std::to_string(account.uid) + ":" +
                                        std::to_string(account.gid) + ", the server runs as " +
                                        std::to_string(::geteuid()) + ":" + std::to_string(::getegid()) +
                                        " and serves that user's accounts only");
}

void end_session(imap::Session& session, Ending ending) {
    ending == Ending::now ? session.connection().stop() : session.connection().finish();
}

}  // namespace

/// A session in the worker's list, for as long as it runs.
class Worker::Listed {
public:
    Listed(Worker& worker, std::uint64_t id, imap::Session& session)
        : worker_(worker), id_(id), handle_(std::make_shared<imap::Session*>(&session)) {
        const std::scoped_lock lock(worker_.mutex_);
        worker_.records_.insert_or_assign(id_, Record{handle_, session.connection().strand()});
        if (worker_.ending_) {
            end_session(session, *worker_.ending_);
        }
    }
    ~Listed() {
        const std::scoped_lock lock(worker_.mutex_);
        worker_.records_.erase(id_);
    }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

private:
    Worker& worker_;
    std::uint64_t id_;
    Handle handle_;
};

Worker::Worker(asio::thread_pool& pool, const WorkerSettings& settings)
    : store_(pool, settings.store), imap_(std::make_shared<const imap::Settings>(settings.imap)) {}

void Worker::replace(const WorkerSettings& settings) {
    store_.set_settings(settings.store);
    auto next = std::make_shared<const imap::Settings>(settings.imap);
    const std::scoped_lock lock(mutex_);
    imap_ = std::move(next);
}

Task<void> Worker::serve(net::Connection& connection, std::unique_ptr<imap::Arrival> arrival) {
    imap::Environment environment;
    environment.store = &store_;
    environment.may_serve = is_our_own;
    {
        const std::scoped_lock lock(mutex_);
        environment.settings = imap_;
    }
    const std::uint64_t id = arrival->admission.session;
    imap::Session session(connection, std::move(environment), arrival->admission.peer);
    const Listed listed(*this, id, session);
    co_await session.run_admitted(std::move(arrival));
}

Task<std::vector<SessionStatus>> Worker::survey() const {
    std::vector<std::pair<std::uint64_t, Record>> records;
    {
        const std::scoped_lock lock(mutex_);
        records.assign(records_.begin(), records_.end());
    }
    std::vector<SessionStatus> all;
    for (const auto& [id, record] : records) {
        auto look = [](std::weak_ptr<imap::Session*> weak) -> Task<std::optional<imap::Status>> {
            const auto session = weak.lock();
            co_return session ? std::optional((*session)->status()) : std::nullopt;
        };
        auto looking = look(record.session);
        auto status = co_await asio::co_spawn(record.strand, std::move(looking), asio::use_awaitable);
        if (status) {
            all.push_back({id, std::move(*status)});
        }
    }
    co_return all;
}

bool Worker::kick(std::uint64_t session) {
    const std::scoped_lock lock(mutex_);
    const auto record = records_.find(session);
    if (record == records_.end()) {
        return false;
    }
    asio::post(record->second.strand, [weak = record->second.session] {
        if (const auto target = weak.lock()) {
            (*target)->kick();
        }
    });
    return true;
}

void Worker::end(Ending ending) {
    const std::scoped_lock lock(mutex_);
    ending_ = ending;
    for (const auto& [id, record] : records_) {
        asio::post(record.strand, [weak = record.session, ending] {
            if (const auto target = weak.lock()) {
                end_session(**target, ending);
            }
        });
    }
}

std::size_t Worker::size() const {
    const std::scoped_lock lock(mutex_);
    return records_.size();
}

}  // namespace postrider::service
