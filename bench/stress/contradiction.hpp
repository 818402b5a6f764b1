// What ends a stress run: a response that no order of the operations allows.
#pragma once

#include <stdexcept>
#include <string>

#include "stress/rules.hpp"

namespace postrider::bench::stress {

class Contradiction : public std::runtime_error {
public:
    Contradiction(Rule rule, const std::string& sentence) : std::runtime_error(sentence), rule_(rule) {}

    Rule rule() const { return rule_; }

private:
    Rule rule_;
};

}  // namespace postrider::bench::stress
