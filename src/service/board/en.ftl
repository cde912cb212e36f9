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
doubt-behind = { $behind } of { $all } partitions are still being read from their beginning.
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
    [resolution] Resolution
   *[first_resolution] First resolution
}
measure-explained = { $measure ->
    [first_reply] From the customer's first message to the first reply of an agent.
    [next_reply] From the customer's unanswered message to the agent's next reply.
    [resolution] From the creation of the ticket until it is solved; if it is reopened, that time counts too.
   *[first_resolution] From the creation of the ticket until it is solved for the first time.
}

# Objectives.
objective-within = { $measure ->
    [first_reply] First reply
    [next_reply] Next reply
    [resolution] Resolution
   *[first_resolution] First resolution
} within { $target }
objective-none-over = { $measure ->
    [first_reply] Nobody waits for a first reply over{"\u00A0"}{ $limit }
    [next_reply] Nobody waits for the next reply over{"\u00A0"}{ $limit }
    [resolution] Nobody waits for a resolution over{"\u00A0"}{ $limit }
   *[first_resolution] Nobody waits for the first resolution over{"\u00A0"}{ $limit }
}
agreed-within = { $share } of tickets get { $measure ->
    [first_reply] a first reply
    [next_reply] the next reply
    [resolution] a resolution
   *[first_resolution] the first resolution
} within { $target }, counted over { $window }. A verdict needs at least { $minimum ->
    [one] 1 decided ticket
   *[other] { $minimum } decided tickets
}.
agreed-none-over = Nobody waits for { $measure ->
    [first_reply] a first reply
    [next_reply] the next reply
    [resolution] a resolution
   *[first_resolution] the first resolution
} over{"\u00A0"}{ $limit }. Who waited longer and was given up counts for { $window }.
targets = { $target } ({ $others })
target-low = low { $target }
target-normal = normal { $target }
target-high = high { $target }
target-urgent = urgent { $target }
window-last-hour = the last hour
window-last = the last { $length }

# Why an objective stands as it does.
share-of = { $share } of { $decided } within { $target }; agreed { $agreed }
share-of-none = No decided ticket yet; agreed { $agreed } within { $target }
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
    [first_reply] Waiting now
    [next_reply] Waiting now
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
in-words-half = half within { $wait }
in-words-most = 90 % within { $wait }

# The page of a team.
objectives = Objectives
readings = How long customers wait
readings-explained = Every line is a stretch of time up to now. "Half within" is the median: half of the tickets were faster, half slower. "With those waiting" counts also who waits still, so that a growing queue shows at once.
column-window = Over
column-answered = { $measure ->
    [first_reply] Answered
    [next_reply] Answered
   *[other] Solved
}
column-half = Half within
column-most = 90 % within
column-most-waiting = 90 % within, with those waiting
column-given-up = Given up
too-few = too few tickets
none = –
agreement = The agreement

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
allowed-among = { $allowed } of { $of } tickets
agreed-on = { $date }, by { $count ->
    [one] 1 person
   *[other] { $count } people
}
decided-explained = Decided are tickets that were answered in that time, and those over target that wait now or were given up.
due-soon-explained = Due soon: at least 80 % of the target has passed.

# Not found.
not-found-title = There is no such page
not-found-team = There is no team of that name here. Perhaps it was renamed, or its agreement is not declared yet.
not-found-objective = This team has no objective of that name. Perhaps its agreement has changed.
not-found-page = Perhaps the link is old, or a letter is missing.
back = Back to all teams
back-to-team = Back to the team
