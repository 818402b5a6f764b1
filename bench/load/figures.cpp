#include "load/figures.hpp"

#include <time.h>

namespace postrider::bench {

namespace {

double own_cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

void Meter::start() {
    if (server_ != nullptr) {
        server_->settle(settle_);
        server_cpu_ = server_->cpu();
    }
    client_cpu_ = own_cpu_seconds();
    begin_ = std::chrono::steady_clock::now();
}

void Meter::stop(Figures& figures) {
    figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    figures.client_cpu_seconds = own_cpu_seconds() - client_cpu_;
    if (server_ != nullptr) {
        server_->settle(settle_);
        figures.server_cpu_seconds = std::chrono::duration<double>(server_->cpu() - server_cpu_).count();
        figures.memory = server_->memory();
    }
}

}  // namespace postrider::bench
