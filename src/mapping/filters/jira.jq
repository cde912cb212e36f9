# Jira and Jira Service Management: webhooks.
#
# Send: issue created, updated and deleted, and comment created. Other events give nothing.
#
# ticket    `issue.key`
# team      the key of the project, in small letters
# id        the number of the issue, the comment or the entry of the change log: the same in each delivery
# time      `comment.created`, or `timestamp`, when it happened
#
# A comment is the customer's if its author has a customer account or has reported the issue.

# Statuses in which an issue waits for the customer, or for others. Add your own, in small letters.
def waits_for_customer: ["waiting for customer", "awaiting customer", "need more info"];
def waits_for_others: ["pending", "on hold", "waiting for third party", "waiting for vendor"];

# Statuses in which an issue was done before a change. Those after it are told by their category.
def was_done: ["done", "resolved", "closed", "canceled", "cancelled", "completed", "declined"];

def is_in($list): . as $one | any($list[]; . == $one);

def lower: if . == null then null else ascii_downcase end;

def priority:
  { highest: "urgent", high: "high", medium: "normal", low: "low", lowest: "low" } as $known
  | lower | if . == null then null else $known[.] // . end;

# An event of Vaste. `$id` is unique for it within Jira.
def event($type; $id): {
  id: $id,
  source: "jira",
  type: "ticket.\($type)",
  time: (.timestamp / 1000 | todate),
  ticket: .issue.key,
  team: (.issue.fields.project.key | lower),
  priority: (.issue.fields.priority.name | priority)
};

def is_customer($issue):
  .accountType == "customer" or (.accountId != null and .accountId == $issue.fields.reporter.accountId);

def status($change; $id):
  ($change.toString | lower) as $now
  | ($change.fromString | lower) as $before
  | if .issue.fields.status.statusCategory.key == "done" then
      event(if $now == "closed" then "closed" else "solved" end; $id)
    elif $now | is_in(waits_for_customer) then event("pending"; $id)
    elif $now | is_in(waits_for_others) then event("on_hold"; $id)
    elif $before | is_in(was_done) then event("reopened"; $id)
    elif $before | is_in(waits_for_customer + waits_for_others) then event("resumed"; $id)
    else empty
    end;

# One entry of the change log may hold several changes.
def changes:
  . as $payload
  | .changelog.items[]?
  | . as $change
  | "change-\($payload.changelog.id)-\(.field)" as $id
  | $payload
  | if $change.field == "status" then status($change; $id)
    # The priority stands in each event.
    elif $change.field == "priority" then event("assigned"; $id)
    elif $change.field == "assignee" then event("assigned"; $id) + { agent: $change.to }
    elif $change.field == "project" or $change.field == "Project" then event("assigned"; $id)
    else empty
    end;

def comment:
  .issue as $issue
  | "comment-\(.comment.id)" as $id
  | { time: .comment.created } as $when
  | if .comment.jsdPublic == false then event("note_added"; $id)
    elif .comment.author.accountType == "app" then event("bot_replied"; $id)
    elif .comment.author | is_customer($issue) then event("customer_replied"; $id)
    else event("agent_replied"; $id) + { agent: .comment.author.accountId }
    end
  | . + $when;

if .webhookEvent == "jira:issue_created" then
  .issue as $issue
  | (.user == null or (.user | is_customer($issue))) as $by_customer
  | event("created"; "issue-\(.issue.id)-created")
    + { time: .issue.fields.created, by: (if $by_customer then "customer" else "agent" end) }
elif .webhookEvent == "jira:issue_updated" then changes
elif .webhookEvent == "jira:issue_deleted" then event("deleted"; "issue-\(.issue.id)-deleted")
elif .webhookEvent == "comment_created" then comment
else empty
end
