# Chatwoot: webhooks.
#
# Send: conversation created, status changed and updated, and message created. Other events give nothing.
#
# ticket    the number of the conversation
# team      the name of its team; without it, the event names no team
# channel   the inbox's kind, such as webwidget or email
# id        made of the numbers of conversation or message and the time: the same in each delivery
# time      when it happened
#
# A snoozed conversation is pending. A pending one is a bot's: it changes nothing, and the bot's messages are
# automatic.

# Chatwoot writes some times as seconds since 1970.
def when: if type == "number" then todate else . end;

def lower: if . == null then null else ascii_downcase end;

# An event of Vaste about a conversation. `$id` is unique for it within Chatwoot.
def event($conversation; $type; $id; $time): {
  id: $id,
  source: "chatwoot",
  type: "ticket.\($type)",
  time: ($time | when),
  ticket: $conversation.id,
  team: $conversation.meta.team.name,
  priority: ($conversation.priority | if . == "medium" then "normal" else . end),
  channel: ($conversation.channel | lower | if . == null then null else ltrimstr("channel::") end)
};

# The former and present value of an attribute, if it has changed.
def changed($attribute): [.changed_attributes[]?[$attribute] | select(. != null)][0];

def has_changed($attributes):
  [.changed_attributes[]? | keys[]] as $changed
  | any($attributes[]; [.] - $changed == []);

def seconds: when | fromdate;

# The first message comes with the conversation, and is no further message.
def is_first_message:
  .message_type == "incoming" and .conversation.created_at != null
  and (.created_at | seconds) - (.conversation.created_at | seconds) <= 2;

def message:
  .conversation as $conversation
  | "message-\(.id)" as $id
  | .created_at as $time
  | .sender.type as $sender
  | if .private then event($conversation; "note_added"; $id; $time)
    elif is_first_message then empty
    elif .message_type == "incoming" then event($conversation; "customer_replied"; $id; $time)
    elif .message_type == "template" or $sender == "agent_bot" then
      event($conversation; "bot_replied"; $id; $time)
    elif .message_type == "outgoing" then
      event($conversation; "agent_replied"; $id; $time) + { agent: .sender.id }
    else empty
    end;

def changed_at: .updated_at // .timestamp;

def status:
  changed("status").previous_value as $previous
  | "conversation-\(.id)-\(.status)-\(changed_at)" as $id
  | if .status == "resolved" then event(.; "solved"; $id; changed_at)
    elif .status == "snoozed" then event(.; "pending"; $id; changed_at)
    elif .status == "open" and $previous == "snoozed" then event(.; "resumed"; $id; changed_at)
    elif .status == "open" and $previous != "pending" then event(.; "reopened"; $id; changed_at)
    else empty
    end;

if .event == "conversation_created" then event(.; "created"; "conversation-\(.id)"; .created_at)
elif .event == "message_created" then message
elif .event == "conversation_status_changed" then status
elif .event == "conversation_updated" and has_changed(["team_id", "assignee_id", "priority"]) then
  event(.; "assigned"; "conversation-\(.id)-assigned-\(changed_at)"; changed_at)
  + { agent: .meta.assignee.id }
else empty
end
