#!/bin/sh
# Moves the times of events, one JSON object per line, so that the last one is now. Does nothing if the result is
# there already: the same event with two times would be a mistake of the sender.
#
#   move-events.sh FROM TO
#
# Needs TZ=UTC, and an awk that knows mktime and strftime.
set -eu
from=$1
to=$2
[ -s "$to" ] && exit 0
last=$(sed -n 's/.*"time":"\([0-9-]*T[0-9:]*\).*/\1/p' "$from" | sort | tail -n 1)
awk -v last="$last" -v now="$(date +%s)" '
  function seconds(time) { gsub(/[-T:]/, " ", time); return mktime(time) }
  BEGIN { ahead = now - seconds(last) }
  {
    at = index($0, "\"time\":\"") + 8
    moved = strftime("%Y-%m-%dT%H:%M:%S", seconds(substr($0, at, 19)) + ahead)
    print substr($0, 1, at - 1) moved substr($0, at + 19)
  }
' "$from" >"$to.part"
mv "$to.part" "$to"
