#include "service/worker.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

#include "imap/session.hpp"
#include "pop3/session.hpp"

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

}  // namespace

template <class Session>
class Worker::HandleOf : public Handle {
public:
    explicit HandleOf(Session& session) : session_(session) {}
    SessionReport report() const override { return session_.report(); }
    void kick() override { session_.kick(); }
    void end(Ending ending) override {
        ending == Ending::now ? session_.connection().stop() : session_.connection().finish();
    }

private:
    Session& session_;
};

/// A session in the worker's list, for as long as it runs.
class Worker::Listed {
public:
    Listed(Worker& worker, std::uint64_t id, std::shared_ptr<Handle> handle, const net::Strand& strand)
        : worker_(worker), id_(id), handle_(std::move(handle)) {
        const std::scoped_lock lock(worker_.mutex_);
        worker_.records_.insert_or_assign(id_, Record{handle_, strand});
        if (worker_.ending_) {
            handle_->end(*worker_.ending_);
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
    std::shared_ptr<Handle> handle_;
};

Worker::Worker(asio::thread_pool& pool, const WorkerSettings& settings)
    : store_(pool, settings.store),
      imap_(std::make_shared<const imap::Settings>(settings.imap)),
      pop3_(std::make_shared<const pop3::Settings>(settings.pop3)) {}

void Worker::replace(const WorkerSettings& settings) {
    store_.set_settings(settings.store);
    auto imap = std::make_shared<const imap::Settings>(settings.imap);
    auto pop3 = std::make_shared<const pop3::Settings>(settings.pop3);
    const std::scoped_lock lock(mutex_);
    imap_ = std::move(imap);
    pop3_ = std::move(pop3);
}

template <class Session, class Environment>
Task<void> Worker::run(net::Connection& connection, Environment environment, std::unique_ptr<auth::Arrival> arrival) {
    environment.store = &store_;
    environment.may_serve = is_our_own;
    const std::uint64_t id = arrival->admission.session;
    Session session(connection, std::move(environment), arrival->admission.peer);
    const Listed listed(*this, id, std::make_shared<HandleOf<Session>>(session), connection.strand());
    co_await session.run_admitted(std::move(arrival));
}

Task<void> Worker::serve(net::Connection& connection, std::unique_ptr<auth::Arrival> arrival) {
    imap::Environment imap;
    pop3::Environment pop3;
    {
        const std::scoped_lock lock(mutex_);
        imap.settings = imap_;
        pop3.settings = pop3_;
    }
    return arrival->admission.protocol == Protocol::imap
               ? run<imap::Session>(connection, std::move(imap), std::move(arrival))
               : run<pop3::Session>(connection, std::move(pop3), std::move(arrival));
}

Task<std::vector<SessionStatus>> Worker::survey() const {
    std::vector<std::pair<std::uint64_t, Record>> records;
    {
        const std::scoped_lock lock(mutex_);
        records.assign(records_.begin(), records_.end());
    }
    std::vector<SessionStatus> all;
    for (const auto& [id, record] : records) {
        auto look = [](std::weak_ptr<Handle> weak) -> Task<std::optional<SessionReport>> {
            const auto session = weak.lock();
            co_return session ? std::optional(session->report()) : std::nullopt;
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
            target->kick();
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
                target->end(ending);
            }
        });
    }
}

std::size_t Worker::size() const {
    const std::scoped_lock lock(mutex_);
    return records_.size();
}

}  // namespace postrider::service
