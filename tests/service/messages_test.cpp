// What our processes say to each other: every message comes back whole or not at all; the rules, row by row.
#include "service/messages.hpp"

#include "service/role_table.hpp"

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "service/every_message.hpp"
#include "service/filled.hpp"
#include "service/role_table.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using test::filled;
using test::same;

/// Calls visit.operator()<M>() for every kind of message.
template <class Visit>
void each_message(Visit visit) {
    const auto all = [&visit]<class... M>(const std::tuple<M...>*) { (visit.template operator()<M>(), ...); };
    all(static_cast<const test::EveryMessage*>(nullptr));
}

TEST_CASE("each kind is one struct's") {
    std::multiset<Kind> kinds;
    each_message([&]<class M>() { kinds.insert(M::kind); });
    for (unsigned i = 0; i <= static_cast<unsigned>(last_value(Kind{})); ++i) {
        CAPTURE(i);
        CHECK(kinds.count(static_cast<Kind>(i)) == 1);
    }
}

TEST_CASE("every message comes back the same, with all fields set and with none") {
    each_message([]<class M>() {
        CAPTURE(static_cast<int>(M::kind));
        for (const M& message : {filled<M>(), M{}}) {
            const auto back = decoded<M>(encoded(message));
            REQUIRE(back.has_value());
            CHECK(same(*back, message));
        }
    });
}

TEST_CASE("a message that was cut anywhere, or has a byte more, is none") {
    each_message([]<class M>() {
        CAPTURE(static_cast<int>(M::kind));
        const std::string bytes = encoded(filled<M>());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            if (decoded<M>(bytes.substr(0, size))) {
                FAIL_CHECK("cut to " << size);
            }
        }
        CHECK_FALSE(decoded<M>(bytes + '\0').has_value());
    });
}

TEST_CASE("a message with one other byte is none, or comes back as it was written") {
    each_message([]<class M>() {
        CAPTURE(static_cast<int>(M::kind));
        const std::string bytes = encoded(filled<M>());
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            for (const int change : {0x01, 0x02, 0x80, 0xFF}) {
                std::string other = bytes;
                other[at] = static_cast<char>(other[at] ^ change);
                const auto message = decoded<M>(other);
                if (message && !same(decoded<M>(encoded(*message)), message)) {
                    FAIL_CHECK("byte " << at << " changed by " << change);
                }
            }
        }
    });
}

TEST_CASE("each proof comes back as what it was") {
    const auto there_and_back = []<class P>(P proof) {
        test::Filler().fill(proof);
        const Login login{1, Protocol::imap, proof, "192.0.2.1", true};
        const auto back = decoded<Login>(encoded(login));
        REQUIRE(back.has_value());
        CHECK(back->proof.index() == login.proof.index());
        CHECK(same(back->proof, login.proof));
    };
    there_and_back(auth::Credentials());
    there_and_back(auth::CramProof());
    there_and_back(auth::ScramProof());
    there_and_back(auth::ExternalIdentity());
    std::string none = encoded(Login{});
    none[9] = 4;  // behind number and protocol
    CHECK_FALSE(decoded<Login>(none).has_value());
}

TEST_CASE("enums, switches and addresses that there are not") {
    std::string log = encoded(LogLine{LogLevel::error, ""});
    CHECK(decoded<LogLine>(log).has_value());
    log[0] = 5;
    CHECK_FALSE(decoded<LogLine>(log).has_value());
    log[0] = 0;
    log.back() = 2;
    CHECK_FALSE(decoded<LogLine>(log).has_value());
    std::string order = encoded(Order{Verb::stop, ""});
    CHECK(decoded<Order>(order).has_value());
    order[0] = 5;
    CHECK_FALSE(decoded<Order>(order).has_value());
    for (const std::size_t part : {0, 1}) {  // of the door: protocol, TLS
        std::string listener = encoded(NewListener{{}, false, 143});
        listener[part] = 2;
        CHECK_FALSE(decoded<NewListener>(listener).has_value());
    }

    Encoder peer;
    peer& std::string("192.0.2.256") & std::string("text") & std::uint16_t{1};
    CHECK_FALSE(decoded<Peer>(peer.take()).has_value());
}

std::string text(std::size_t size) {
    return std::string(size, 'x');
}

TEST_CASE("a text is as long as its limit and no longer") {
    const auto check = []<class M>(M message, std::string& (*field)(M&), std::size_t most) {
        CAPTURE(static_cast<int>(M::kind), most);
        for (const int more : {-1, 0, 1}) {
            field(message) = text(most + static_cast<std::size_t>(more));
            CHECK(decoded<M>(encoded(message)).has_value() == (more <= 0));
        }
    };
    check(
        SessionAlive{}, +[](SessionAlive& m) -> std::string& { return m.address; }, address_text_bytes);
    check(
        Ready{}, +[](Ready& m) -> std::string& { return m.trouble; }, limits::log_line_bytes);
    check(
        LogLine{}, +[](LogLine& m) -> std::string& { return m.text; }, limits::log_line_bytes);
    check(
        Login{}, +[](Login& m) -> std::string& { return std::get<auth::Credentials>(m.proof).user; },
        limits::sasl_bytes);
    check(
        Login{}, +[](Login& m) -> std::string& { return std::get<auth::Credentials>(m.proof).password; },
        limits::sasl_bytes);
    check(
        Login{}, +[](Login& m) -> std::string& { return std::get<auth::Credentials>(m.proof).timestamp; },
        limits::sasl_bytes);
    check(
        LoginAnswer{}, +[](LoginAnswer& m) -> std::string& { return m.signature; }, scram_signature_bytes);
    check(
        ScramAsk{}, +[](ScramAsk& m) -> std::string& { return m.question.user; }, limits::sasl_bytes);
    check(
        Login{}, +[](Login& m) -> std::string& { return m.peer; }, address_text_bytes);
    check(
        HandOver{}, +[](HandOver& m) -> std::string& { return m.read_ahead; }, limits::read_ahead_bytes);
    check(
        HandOver{}, +[](HandOver& m) -> std::string& { return m.admission.tag; }, tag_bytes);
    check(
        HandOver{}, +[](HandOver& m) -> std::string& { return m.admission.client_id; }, limits::client_id_bytes);
    check(
        HandOver{}, +[](HandOver& m) -> std::string& { return m.admission.peer.text; }, address_text_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.read_ahead; }, limits::read_ahead_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.account.address; }, account_text_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.account.home; }, account_text_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.account.maildir.emplace(); }, account_text_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.account.quota.emplace(); }, account_text_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.account.full_name; }, account_text_bytes);
    check(
        Serve{}, +[](Serve& m) -> std::string& { return m.account.options; }, account_text_bytes);
    check(
        Order{}, +[](Order& m) -> std::string& { return m.argument; }, account_text_bytes);
    check(
        OrderAnswer{}, +[](OrderAnswer& m) -> std::string& { return m.trouble; }, limits::log_line_bytes);
}

Admission longest_admission() {
    auto admission = filled<Admission>();
    admission.tag = text(tag_bytes);
    admission.client_id = text(limits::client_id_bytes);
    admission.peer.text = text(address_text_bytes);
    return admission;
}

SessionReport longest_status() {
    return {text(64), text(4096), text(limits::client_id_bytes), {}, 0};
}

/// Whether a message as long as its fields allow is one by each of its rules.
template <class M>
void fits(const M& message) {
    const std::string bytes = encoded(message);
    CAPTURE(static_cast<int>(M::kind), bytes.size());
    CHECK(decoded<M>(bytes).has_value());
    for (const MessageRule& rule : message_rules()) {
        if (rule.kind == M::kind) {
            CHECK(bytes.size() <= rule.most_bytes);
        }
    }
}

TEST_CASE("the longest messages fit into their rules, and every rule into a packet") {
    for (const MessageRule& rule : message_rules()) {
        CHECK(rule.most_bytes <= limits::role_message_bytes);
    }
    fits(filled<NewSettings>());
    fits(filled<NewListener>());
    fits(filled<LoginAnswer>());
    fits(filled<HandOverAnswer>());
    fits(SessionAlive{1, {}, text(address_text_bytes)});
    fits(filled<Kick>());
    fits(filled<Survey>());
    fits(filled<Finish>());
    fits(filled<LoginGone>());
    fits(Ready{text(limits::log_line_bytes)});
    const std::string most = text(limits::sasl_bytes);
    auth::Credentials credentials(most, most);
    credentials.timestamp = most;
    fits(Login{1, Protocol::pop3, std::move(credentials), text(address_text_bytes), true});
    fits(ScramAsk{1, Protocol::pop3, {auth::ScramHash::sha1, most}, text(address_text_bytes)});
    fits(ScramAnswer{1, auth::ScramOffer{text(scram_nonce_bytes), text(scram_salt_bytes), 1}});
    fits(HandOver{longest_admission(), text(limits::read_ahead_bytes), {}});
    const std::string field = text(account_text_bytes);
    const auth::Account account{field, 1012, 1013, field, field, field, field, field, field};
    fits(Serve{account, longest_admission(), text(limits::read_ahead_bytes)});
    fits(filled<Abandon>());
    fits(filled<Taken>());
    fits(filled<SessionEnded>());
    fits(Statuses{1, false, std::vector<SessionStatus>(8, {1, longest_status()})});  // as many as a worker sends
    fits(Figures{1, std::vector<Figure>(64, {text(64), text(256), 1})});
    fits(LogLine{LogLevel::error, text(limits::log_line_bytes)});
    fits(Order{Verb::kick, text(account_text_bytes)});
}

// Kind, from, to, stage: all that may be said. Anything else may not.
using Row = std::tuple<Kind, Role, Role, Stage>;

std::set<Row> allowed() {
    constexpr auto root = Role::supervisor;
    std::set<Row> rows;
    const auto serving = [&](Kind kind, Role from, Role to) { rows.insert({kind, from, to, Stage::serving}); };
    const auto always = [&](Kind kind, Role from, Role to) {
        serving(kind, from, to);
        rows.insert({kind, from, to, Stage::starting});
    };
    rows.insert({Kind::listener, root, Role::front, Stage::starting});
    for (const Role role : {Role::front, Role::worker}) {
        always(Kind::settings, root, role);
        always(Kind::survey, root, role);
        always(Kind::finish, root, role);
        always(Kind::ready, role, root);
        always(Kind::log, role, root);
    }
    serving(Kind::login, Role::front, root);
    serving(Kind::login_answer, root, Role::front);
    serving(Kind::login_gone, Role::front, root);
    serving(Kind::scram_question, Role::front, root);
    serving(Kind::scram_answer, root, Role::front);
    serving(Kind::abandon, Role::front, root);
    serving(Kind::hand_over, Role::front, root);
    serving(Kind::hand_over_answer, root, Role::front);
    serving(Kind::session_alive, root, Role::front);
    serving(Kind::session_ended, root, Role::front);
    serving(Kind::figures, Role::front, root);
    always(Kind::serve, root, Role::worker);
    always(Kind::kick, root, Role::worker);
    serving(Kind::taken, Role::worker, root);
    serving(Kind::session_ended, Role::worker, root);
    serving(Kind::statuses, Role::worker, root);
    always(Kind::order, Role::control, root);
    always(Kind::order_answer, root, Role::control);
    return rows;
}

TEST_CASE("who may say what to whom, and when") {
    const auto rows = allowed();
    const Role roles[] = {Role::supervisor, Role::front, Role::worker, Role::control};
    for (unsigned number = 0; number <= static_cast<unsigned>(last_value(Kind{})); ++number) {
        const auto kind = static_cast<Kind>(number);
        for (const Role from : roles) {
            for (const Role to : roles) {
                for (const Stage stage : {Stage::starting, Stage::serving}) {
                    CAPTURE(number, name_of(from), name_of(to), static_cast<int>(stage));
                    const MessageRule* rule = rule_for(kind, from, to, stage);
                    CHECK((rule != nullptr) == rows.contains({kind, from, to, stage}));
                    CHECK((rule == nullptr || (rule->kind == kind && rule->from == from && rule->to == to)));
                }
            }
        }
    }
}

TEST_CASE("what is not root's is held to a rate; descriptors go where they are needed") {
    for (const MessageRule& rule : message_rules()) {
        CAPTURE(static_cast<int>(rule.kind), name_of(rule.from));
        CHECK((rule.per_second != 0) == (rule.from == Role::front || rule.from == Role::worker));
        CHECK((rule.excess == Excess::dropped) == (rule.kind == Kind::log));
        const bool with_one = rule.kind == Kind::listener || rule.kind == Kind::settings || rule.kind == Kind::serve;
        const bool perhaps = rule.kind == Kind::hand_over || rule.kind == Kind::hand_over_answer;
        CHECK((rule.carries == (with_one ? Carries::a_descriptor : perhaps ? Carries::perhaps_one : Carries::nothing)));
    }
}

}  // namespace
}  // namespace postrider::service
