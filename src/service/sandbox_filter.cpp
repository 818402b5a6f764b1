// restrict_system_calls: the tables of sandbox_calls.cpp become a seccomp filter for every thread of the process.
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <type_traits>

#include "service/sandbox.hpp"
#include "service/sandbox_calls.hpp"

#ifdef POSTRIDER_SANITIZED
namespace {
bool is_filter_on = false;
}

/// Asked by the leak sanitizer before it looks: its way to look is clone and ptrace, which the filter is there to stop.
extern "C" int __lsan_is_turned_off() {  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
    return is_filter_on ? 1 : 0;
}
#endif

namespace postrider::service {

namespace {

struct ReleaseFilter {
    void operator()(scmp_filter_ctx filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ReleaseFilter>;

/// Whether the kernel can do what the filter needs. EPERM: a sandbox around us keeps seccomp itself from us.
bool has_seccomp() {
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

Error filter_error(int negative_errno, const std::string& what) {
    return system_error(-negative_errno, "seccomp: " + what);
}

scmp_arg_cmp comparison_of(const Condition& condition) {
    const bool asks_for_us = condition.value == own_process;
    return {condition.argument, SCMP_CMP_MASKED_EQ, condition.mask,
            asks_for_us ? static_cast<std::uint64_t>(::getpid()) : condition.value};
}

/// One rule for each condition; without any, one that always holds.
Result<void> add_rule(const Filter& filter, std::uint32_t action, std::string_view call) {
    const std::string name(call);
    const int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) {
        return Error(Code::internal, "seccomp: no system call " + name);
    }
    bool is_conditional = false;
    int error = 0;
    for (const Condition& condition : call_conditions()) {
        if (condition.call == call && error == 0) {
            is_conditional = true;
            const auto comparison = comparison_of(condition);
            error = ::seccomp_rule_add_array(filter.get(), action, number, 1, &comparison);
        }
    }
    if (!is_conditional) {
        error = ::seccomp_rule_add_array(filter.get(), action, number, 0, nullptr);
    }
    return error == 0 ? Result<void>() : filter_error(error, name);
}

Result<void> add_rules(const Filter& filter, Profile profile) {
    for (const auto call : allowed_calls(profile)) {
        if (auto added = add_rule(filter, SCMP_ACT_ALLOW, call); !added) {
            return added;
        }
    }
    for (const auto call : deadly_calls()) {
        if (auto added = add_rule(filter, SCMP_ACT_KILL_PROCESS, call); !added) {
            return added;
        }
    }
    return {};
}

}  // namespace

Result<Sandbox> restrict_system_calls(Profile profile) {
    if (!has_seccomp()) {
        return Sandbox::not_in_this_kernel;
    }
    const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
    if (!filter) {
        return filter_error(-ENOMEM, "seccomp_init");
    }
    struct Attribute {
        scmp_filter_attr name;
        std::uint32_t value;
    };
    constexpr Attribute attributes[] = {
        {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},  // the calls of i386 and x32 have other numbers
        {SCMP_FLTATR_CTL_TSYNC, 1},
        {SCMP_FLTATR_CTL_OPTIMIZE, 2},  // a binary tree: few steps for every call
    };
    for (const Attribute& attribute : attributes) {
        if (const int error = ::seccomp_attr_set(filter.get(), attribute.name, attribute.value); error != 0) {
            return filter_error(error, "attribute " + std::to_string(attribute.name));
        }
    }
    if (auto added = add_rules(filter, profile); !added) {
        return added.error();
    }
    if (const int error = ::seccomp_load(filter.get()); error != 0) {
        return filter_error(error, "load");
    }
#ifdef POSTRIDER_SANITIZED
    is_filter_on = true;
#endif
    return Sandbox::on;
}

}  // namespace postrider::service
