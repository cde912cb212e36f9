# The words of the board in English. Syntax: https://projectfluent.org/fluent/guide/
# A third language is one more file with these keys, and one line in `Language::ALL`.

language = English

# Numbers and times.
count = { $count }
decimal-mark = .
percent = { $number }{"\u00A0"}%
unit-days = { $count }{"\u00A0"}d
unit-hours = { $count }{"\u00A0"}h
unit-minutes = { $count }{"\u00A0"}min
unit-seconds = { $count }{"\u00A0"}s
under-a-second = less than 1 s
more-than = over { $wait }
of-open-time = { $time } of open time
of-calendar-time = { $time } of calendar time
under-percent = under { $percent }
weekday = { $number ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
month = { $number ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
instant = { $weekday } { $day } { $month } { $hour-padded }:{ $minute }
instant-of-year = { $weekday } { $day } { $month } { $year } { $hour-padded }:{ $minute }
date = { $day } { $month } { $year }

# Every page.
title = Response times
as-of = As of { $at } (UTC)
languages = Language
you-are-here = You are here
legend-bar = The filled part of a bar is the share that was within target. The line across it is the agreed level.
legend-order = Teams are in alphabetical order. This page refreshes itself twice a minute.

# When the data cannot be trusted.
frozen-title = The data is not up to date
frozen-kept = Colours and numbers are those of { $at }. They are kept until the data is up to date again.
frozen-reading = How teams stand is shown once all events have been read.
doubt-starting = Vaste has just started.
doubt-trouble = The service says:
doubt-partitions-unknown = Kafka has not said yet what there is to read.
doubt-partitions-elsewhere = { $held } of { $all } partitions are read here. The others are with other instances of the group, or not assigned yet.
doubt-behind = { $behind } of { $all } partitions are still being read up to their end.
doubt-full = There are more open tickets than Vaste can hold, and new ones are not counted.
doubt-jumped = The clock of the machine has jumped. Vaste waits to see whether it stays there.
doubt-overloaded = A part of Vaste has not answered for seconds. The machine may be overloaded.

# How an objective stands.
state-met = Met
state-at-risk = At risk
state-missed = Missed
state-insufficient-data = Insufficient data
state-frozen = Not up to date
state-reading = Being read
state-not-agreed = Not agreed on a level yet
state-unclaimed = Unclaimed
state-as-of = { $state } (as of { $at })
behind-market = Behind the market
pauses-never = Agreed for this objective: the clock never stands still.
pauses-pending = Agreed for this objective: the clock stands still while the ticket waits for the customer.
pauses-on-hold = Agreed for this objective: the clock stands still while the ticket waits for a third party.
pauses-both = Agreed for this objective: the clock stands still while the ticket waits for the customer or for a third party.

# How a team stands: its own objectives, the worst first.
team-met = { $count ->
    [one] The objective is met
   *[other] All { $count } objectives are met
}
team-at-risk = { $count ->
    [one] 1 objective at risk
   *[other] { $count } objectives at risk
}
team-missed = { $count ->
    [one] 1 objective missed
   *[other] { $count } objectives missed
}
team-insufficient-data = { $count ->
    [one] Insufficient data for 1 objective
   *[other] Insufficient data for { $count } objectives
}
team-not-agreed-why = The team is measured, and has its page, without a level.
unclaimed = Unclaimed
unclaimed-why = Tickets without a team, or of a team that is not declared. They are shown here so that they are not lost.
organisation = Whole organisation

# Measures.
measure = { $measure ->
    [first_reply] First reply
    [next_reply] Next reply
    [update] Update
    [customer_wait] Customer's wait
    [agent_work] Handling time
    [resolution] Resolution
    [ownership] Time with the team
    [contacts] Contacts
   *[first_resolution] First resolution
}
measure-explained = { $measure ->
    [first_reply] From the customer's first message to the first reply of an agent.
    [next_reply] From the customer's unanswered message to the agent's next reply.
    [update] From each reply of an agent to the next, without the time it waited for the customer.
    [customer_wait] From the creation of the ticket until it is solved, without the time it waited for the customer.
    [agent_work] From the creation of the ticket until it is solved, without the time it waited for the customer or for a third party.
    [resolution] From the creation of the ticket until it is solved; if it is reopened, that time counts too.
    [ownership] From when the team gets the ticket until it leaves the team or is solved, without the time it waited for the customer.
    [contacts] How often the customer had to ask again until the ticket was solved: messages after the first, and reopenings.
   *[first_resolution] From the creation of the ticket until it is solved for the first time.
}

# Objectives.
objective-within = { $measure ->
    [first_reply] First reply within { $target }
    [next_reply] Next reply within { $target }
    [update] Update within { $target }
    [customer_wait] Customer's wait within { $target }
    [agent_work] Handling time within { $target }
    [resolution] Resolution within { $target }
    [ownership] Time with the team within { $target }
    [contacts] Contacts: at most { $target }
   *[first_resolution] First resolution within { $target }
}
objective-none-over = { $measure ->
    [first_reply] Nobody waits for a first reply over{"\u00A0"}{ $limit }
    [next_reply] Nobody waits for the next reply over{"\u00A0"}{ $limit }
    [update] Nobody waits for an update over{"\u00A0"}{ $limit }
    [customer_wait] No customer waits over{"\u00A0"}{ $limit }
    [agent_work] No ticket takes over{"\u00A0"}{ $limit } to handle
    [ownership] No ticket stays with the team over{"\u00A0"}{ $limit }
    [resolution] Nobody waits for a resolution over{"\u00A0"}{ $limit }
   *[first_resolution] Nobody waits for the first resolution over{"\u00A0"}{ $limit }
}
agreed-within = { $share } of tickets { $measure ->
    [first_reply] get a first reply within { $target }
    [next_reply] get the next reply within { $target }
    [update] get an update within { $target }
    [customer_wait] keep the customer waiting for { $target } at most
    [agent_work] are handled within { $target }
    [resolution] get a resolution within { $target }
    [ownership] stay with the team for { $target } at most
    [contacts] are solved without the customer asking again more than { $target } times
   *[first_resolution] get the first resolution within { $target }
}, counted over { $window }. A verdict needs at least { $minimum ->
    [one] 1 decided ticket
   *[other] { $minimum } decided tickets
}.
agreed-none-over = { $measure ->
    [first_reply] Nobody waits for a first reply over{"\u00A0"}{ $limit }
    [next_reply] Nobody waits for the next reply over{"\u00A0"}{ $limit }
    [update] Nobody waits for an update over{"\u00A0"}{ $limit }
    [customer_wait] No customer waits over{"\u00A0"}{ $limit }
    [agent_work] No ticket takes over{"\u00A0"}{ $limit } to handle
    [resolution] Nobody waits for a resolution over{"\u00A0"}{ $limit }
    [ownership] No ticket stays with the team over{"\u00A0"}{ $limit }
   *[first_resolution] Nobody waits for the first resolution over{"\u00A0"}{ $limit }
}. Who waited longer and was given up counts for { $window }.
targets = { $target } ({ $others })
target-low = low { $target }
target-normal = normal { $target }
target-high = high { $target }
target-urgent = urgent { $target }
window-last-hour = the last hour
window-last = the last { $length }

# Why an objective stands as it does.
share-of = { $share } of { $decided } { $measure ->
    [contacts] with at most { $target }
   *[other] within { $target }
}; agreed { $agreed }
share-of-none = No decided ticket yet; agreed { $agreed } { $measure ->
    [contacts] with at most { $target }
   *[other] within { $target }
}
nobody-over = Nobody waits over{"\u00A0"}{ $limit }
somebody-over = { $missed ->
    [one] 1 ticket waited over{"\u00A0"}{ $limit }
   *[other] { $missed } tickets waited over{"\u00A0"}{ $limit }
}; { $waiting ->
    [0] none of them waits now
    [one] 1 waits still
   *[other] { $waiting } wait still
}
few = a verdict needs { $minimum } tickets
history = The window begins before { $at }, and nothing is known of that time
why-met = The level is reached.
why-at-risk = The level is reached, but most of the misses it allows are used up.
why-missed = The level is not reached.
why-missed-certain = It is certain already: with { $minimum } decided tickets the level could not be reached, even if all others were within target.
why-few = { $decided } of the { $minimum } decided tickets that a verdict needs are there.
why-history = The window begins before { $at }, and nothing is known of that time.
why-frozen = Nothing is decided while the data is not up to date.
why-none-over-met = Nobody waits longer than agreed.
why-none-over-missed = Somebody waits, or waited and was given up, longer than agreed.

# Waiting now.
waiting-now = { $measure ->
    [ownership] With the team now
   *[other] Waiting now
}
waiting-column = Waiting now
longest-wait = Longest wait
waiting-caption = Who waits now
over-target-line = { $count } over target
due-soon-line = { $count } due soon
nobody = nobody
wait-since = { $wait }, since { $at }
nothing-yet = No ticket was answered, waits or was given up in the last { $length }.
in-words = { $answered ->
    [0] none { $measure ->
        [first_reply] answered
        [next_reply] answered
       *[other] solved
    }
    [one] 1 { $measure ->
        [first_reply] answered
        [next_reply] answered
       *[other] solved
    }
   *[other] { $answered } { $measure ->
        [first_reply] answered
        [next_reply] answered
       *[other] solved
    }
} in { $window }
in-words-half = { $measure ->
    [contacts] half with at most { $wait }
   *[other] half within { $wait }
}
in-words-most = { $measure ->
    [contacts] 90 % with at most { $wait }
   *[other] 90 % within { $wait }
}

# The page of a team.
objectives = Objectives
readings = How long customers wait
times-are-open = Its times are open time.
readings-explained = Every line is a stretch of time up to now. "Half within" is the median: half of the tickets were faster, half slower. "With those waiting" counts also who waits still, so that a growing queue shows at once.
column-window = Over
column-answered = { $measure ->
    [first_reply] Answered
    [next_reply] Answered
    [update] Answered
    [ownership] Done
   *[other] Solved
}
column-half = { $measure ->
    [contacts] Half at most
   *[other] Half within
}
column-most = { $measure ->
    [contacts] 90 % at most
   *[other] 90 % within
}
column-most-waiting = { $measure ->
    [contacts] 90 % at most, with those waiting
   *[other] 90 % within, with those waiting
}
column-given-up = Given up
too-few = too few tickets
none = –
agreement = The agreement
split-caption = In parts, over { $window }
column-part = Tickets
part-priority = { $priority ->
    [low] low priority
    [normal] normal priority
    [high] high priority
    [urgent] urgent
   *[none] without a priority
}
part-channel = channel
part-channel-other = other channels
ratings = What people say of the answers
row-rated = Customers' ratings
row-reviewed = Own reviews
ratings-line = Mean { $mean } of 5, { $count ->
    [one] 1 rating
   *[other] { $count } ratings
} in { $window }

# The page of an objective.
what-is-agreed = What is agreed
what-is = How it stands
row-why = Why
row-share = Within target
row-level = Agreed level
row-decided = Decided tickets
row-missed = Missed
row-allowed = Misses the level allows
row-left = Misses left
row-overspent = Misses too many
row-over-target = Waiting over target
row-due-soon = Due soon
row-window = Counted
row-agreed-on = Agreed on
row-look-again = To be looked at again
row-runbook = What to do
row-name = Name in the file
row-hours = Hours
hours-of-each-team = those of each team
hours-of-unclaimed = of unclaimed tickets
levels = Levels over time
column-when = When
column-level = Level
in-force = in force
before-day = before { $day }
since-then = since then
level-within = { $share } { $measure ->
    [contacts] with at most { $target }
   *[other] within { $target }
}, counted over { $window }, at least { $minimum ->
    [one] 1 ticket
   *[other] { $minimum } tickets
}
level-none-over = nobody over { $limit }, counted over { $window }
levels-hours = Earlier times are judged by the hours that held then.
allowed-among = { $allowed } of { $of } tickets
agreed-on = { $date }, by { $count ->
    [one] 1 person
   *[other] { $count } people
}
decided-explained = { $measure ->
    [contacts] Decided are tickets that were solved in that time.
   *[other] Decided are tickets that were answered in that time, and those over target that wait now or were given up.
}
due-soon-explained = Due soon: at least 80 % of the target has passed.

# Where the waiting of the missed went.
went = Where the waiting of the missed went
went-explained = { $count ->
    [one] All that the 1 missed ticket had to wait, from its beginning to its end or to now.
   *[other] All that the { $count } missed tickets had to wait, from the beginning of each to its end or to now.
} A team's time is that in which it was open.
column-place = Where
column-part-of = Share
column-time = Time
place-pending = pending: waiting for the customer
place-on-hold = on hold: waiting for a third party
place-closed = closed hours

# Beside others, and what customers say.
market = Beside others
market-behind = Others do better: fewer tickets than agreed are within what others achieve.
market-line = Others achieve { $measure ->
    [contacts] at most { $target }
   *[other] { $target }
}; of ours, within that: { $share }
market-share = { $share } of { $decided }
row-market = { $measure ->
    [contacts] Others achieve at most
   *[other] Others achieve
}
row-market-share = Ours within that
row-market-source = Source
row-market-as-of = As of
rated = Is this level fine for our customers?
rated-explained = Customers' ratings, 1 to 5, by how long they had waited beside the target.
column-band = { $measure ->
    [contacts] They had to ask
   *[other] They had waited
}
column-ratings = Ratings
column-mean = Mean
band-up-to-half = up to half of the target
band-within = more than half, within the target
band-up-to-double = over the target, up to twice as long
band-beyond = more than twice as long

# Not found.
not-found-title = There is no such page
not-found-team = There is no team of that name here. Perhaps it was renamed, or its agreement is not declared yet.
not-found-objective = This team has no objective of that name. Perhaps its agreement has changed.
not-found-page = Perhaps the link is old, or a letter is missing.
back = Back to all teams
back-to-team = Back to the team
