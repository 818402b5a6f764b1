// The model of one folder: what is in it as far as all sessions together can know, and within which bounds.
// A message is named by its UID once somebody was told of it. Before, it is an arrival: something that was stored, or
// is being stored. The two are bound together by APPENDUID and COPYUID, or by the content when somebody reads it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "stress/contradiction.hpp"
#include "stress/message.hpp"

namespace postrider::bench::stress {

using ArrivalId = Number<struct ArrivalIdTag, std::uint64_t>;

/// How an operation ended for those who asked for it.
enum class Outcome : std::uint8_t {
    done,
    refused,  ///< NO
    unknown,  ///< the connection was dropped
};

class Folder {
public:
    explicit Folder(std::string name) : name_(std::move(name)) {}

    const std::string& name() const { return name_; }

    // Whoever stores messages: APPEND, COPY, deliveries.

    /// A message with this content is being stored. unknown: flags that it may or may not get.
    ArrivalId arrive(Stamp start, ContentId content, const Flags& values, const Flags& unknown = {});
    /// It is there for certain. uid: as it was told, if it was.
    void arrived(ArrivalId arrival, Stamp now, std::optional<Uid> uid);
    /// The flags that it can have got are known better. Before arrived().
    void arrived_with(ArrivalId arrival, const PossibleFlags& given);
    /// Whoever stored it will not say any more whether it is there, and it is not stored later than now.
    void give_up(ArrivalId arrival, Stamp now);
    /// It is not there, and never was.
    void not_arrived(ArrivalId arrival);

    // Whoever removes messages.

    /// An EXPUNGE or CLOSE begins.  only: of UID EXPUNGE.  flags_since: the flags that it goes by are no older.
    void begin_expunge(Stamp start, std::optional<std::vector<Uid>> only, Stamp flags_since);
    /// It has ended. known: the UIDs that the session was told of before. Gives those that are gone for certain.
    std::vector<Uid> end_expunge(Stamp start, Stamp now, Outcome outcome, const std::vector<Uid>& known);
    /// Changes of a message's flags begin here, since \Deleted makes it a victim of each EXPUNGE under way.
    /// unknown: flags among them that may get either value.
    void begin_flags(Message& message, Stamp start, const Flags& touched, const Flags& values,
                     const Flags& unknown = {});

    // What sessions are told.

    /// The message with this UID, of which a session was told. Throws where it was gone before `up_to_date_from`.
    Message& see(Uid uid, Stamp now, Stamp up_to_date_from);
    /// None: nobody was told of such a UID, or everybody that it is gone.
    Message* find(Uid uid);
    /// The message's content was read.
    void identify(Message& message, ContentId content);
    void see_uid_validity(std::uint32_t value);
    /// UIDNEXT as SELECT tells it, for a command sent when least_next() was `least`.
    void see_uid_next(Uid next, Uid least);
    /// The same of STATUS, which binds nobody: it may count mail that waits in new/ and gets its UIDs later, behind an
    /// APPEND.
    void check_uid_next(Uid next, Uid least) const;
    /// No message that arrives from now on has a UID below this.
    Uid least_next() const { return least_next_; }
    std::optional<std::uint32_t> uid_validity() const { return uid_validity_; }

    // What can be.

    struct Count {
        std::size_t least = 0;
        std::size_t most = 0;
    };
    Count count(Interval read) const;
    /// Messages that are there in every order of the operations.
    std::vector<Uid> must_exist(Interval read) const;
    /// What was stored for certain and never met under a UID; for a report.
    std::string unseen() const;

    /// Drops what no session that is up to date as of `oldest` can meet.
    void forget(Stamp oldest);
    std::uint64_t highest_mod_seq = 0;  ///< told by SELECT

private:
    struct Arrival {
        Interval time;
        ContentId content;
        Flags values;
        Flags unknown;
        Uid least_uid;
        std::optional<Uid> uid;
        bool may_be_removed = false;
    };
    struct Expunge {
        Interval time;
        std::optional<std::vector<Uid>> only;
        Stamp flags_since;

        bool covers(Uid uid) const;
    };

    void bind(Arrival& arrival, Message& message);
    Message& add(Uid uid, Stamp now);
    void add_removals(Message& message) const;
    void raise_next(Uid next) { least_next_ = std::max(least_next_, next); }
    std::vector<Arrival*> unbound_with(ContentId content);

    std::string name_;
    std::optional<std::uint32_t> uid_validity_;
    Uid least_next_{1};
    std::map<Uid, Message> messages_;
    std::unordered_set<Uid> buried_;  ///< gone before every session's last look
    std::size_t buried_unbound_ = 0;
    std::map<ArrivalId, Arrival> arrivals_;  ///< those that are open
    std::vector<Expunge> expunges_;
    ArrivalId last_arrival_;
};

}  // namespace postrider::bench::stress
