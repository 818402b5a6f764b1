// The rest of the figures, those of whole servers: tests/system/control_test.py, control_root_test.py.
#include "service/figures.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <set>
#include <string>

#include "service/front.hpp"
#include "service/gatekeeper.hpp"
#include "service/selection.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

class Nowhere : public Onward {
public:
    Task<void> take(net::Connection&, std::unique_ptr<Admission>, Door, Registry::Entry) override { co_return; }
};

TEST_CASE("every figure that is produced has its row") {
    asio::io_context loop;
    asio::thread_pool pool(1);
    Registry registry;
    Gatekeeper gatekeeper(auth::Threads{pool, pool, pool}, Settings());
    Nowhere nowhere;
    const Front front(loop, registry, gatekeeper, nowhere);
    auto all = general_figures(gatekeeper);
    std::ranges::move(front.figures(), std::back_inserter(all));
    REQUIRE(all.size() > 10);
    for (const Figure& figure : all) {
        INFO(figure.name << '{' << figure.label << '}');
        CHECK(std::ranges::count(figure_rows(), figure.name, &FigureRow::name) == 1);
    }
}

TEST_CASE("connections are counted by door") {
    asio::io_context loop;
    asio::thread_pool pool(1);
    Registry registry;
    Gatekeeper gatekeeper(auth::Threads{pool, pool, pool}, Settings());
    Nowhere nowhere;
    const Front front(loop, registry, gatekeeper, nowhere);
    std::set<std::string> doors;
    for (const Figure& figure : front.figures()) {
        if (figure.name == "connections_accepted_total") {
            doors.insert(figure.label);
        }
    }
    CHECK((doors == std::set<std::string>{R"(listener="imap")", R"(listener="imaps")", R"(listener="pop3")",
                                          R"(listener="pop3s")"}));
}

TEST_CASE("the rows make families that OpenMetrics takes") {
    std::set<std::string> families;
    for (const FigureRow& row : figure_rows()) {
        std::string family(row.name);
        INFO(family);
        CHECK(std::ranges::all_of(family, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
        CHECK((row.type == FigureType::counter) == family.ends_with("_total"));
        if (row.type == FigureType::counter) {
            family.resize(family.size() - std::string_view("_total").size());
        }
        CHECK((row.unit.empty() || family.ends_with('_' + std::string(row.unit))));
        CHECK_FALSE(row.sentence.empty());
        CHECK_FALSE(row.sentence.ends_with('.'));
        CHECK(row.sentence.find_first_of("\"\\\n") == std::string_view::npos);
        CHECK(families.insert(family).second);
    }
}

}  // namespace
}  // namespace postrider::service
