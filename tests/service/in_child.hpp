// What a process may no longer do is tried in a child: there is no way back for it.
#pragma once

#include <functional>
#include <string>

namespace postrider::test {

/// What a child found wrong; empty: nothing.
class Findings {
public:
    /// Whether the call gave that errno (0: it went through). result: of a call that fails with a number below 0.
    void expect(int errno_wanted, const std::string& what, long result);
    void expect(bool holds, const std::string& what);

    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// Forks, and gives what the child found; or how it ended before it could say: "signal 31", "exit 1". A child that
/// takes a minute ends by signal 14.
std::string in_child(const std::function<void(Findings&)>& work);

/// "signal N", as in_child gives it.
std::string ended_by(int signal);

}  // namespace postrider::test
