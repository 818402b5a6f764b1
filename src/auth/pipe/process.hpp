// A program of the site that runs and is talked to through its standard streams.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "core/task.hpp"

namespace postrider::auth {

/// A process that leads a group of processes. All of them are killed, and it is reaped, when this ends.
class ProcessGroup {
public:
    explicit ProcessGroup(pid_t leader) : leader_(leader) {}
    ~ProcessGroup();
    ProcessGroup(const ProcessGroup&) = delete;
    ProcessGroup& operator=(const ProcessGroup&) = delete;

    pid_t leader() const { return leader_; }
    void signal(int number) const;

private:
    pid_t leader_;  ///< until it is reaped nobody else can have the number
};

/// The program, in a process group of its own, with standard streams and no other descriptor. On its strand.
class PipeProcess {
public:
    /// Throws std::system_error when it cannot be started.
    PipeProcess(const asio::any_io_executor& strand, const std::string& program);

    asio::writable_pipe& input() { return input_; }
    asio::readable_pipe& output() { return output_; }

    /// Whether it waits for a request: it runs, and has said nothing that was not asked for.
    bool is_ready() const;

    /// Closes its streams, and waits for its end: `farewell` long, then as long as `term` after SIGTERM, and after
    /// SIGKILL. What it left of its group ends with this object.
    Task<void> end(std::chrono::steady_clock::duration farewell, std::chrono::steady_clock::duration term);

private:
    Task<bool> ends_within(std::chrono::steady_clock::duration limit);

    asio::writable_pipe input_;
    asio::readable_pipe output_;
    asio::posix::stream_descriptor watch_;  ///< readable when it has ended: pidfd_open(2)
    std::optional<ProcessGroup> group_;
};

}  // namespace postrider::auth
