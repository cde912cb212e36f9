# GitHub: webhooks of issues and their comments.
#
# Send: issues and issue comments. Comments of pull requests and other events give nothing.
#
# ticket    repository and number, such as acme/shop#12
# team      what follows `team/` in a label, such as `team/billing`; without it, the name of the repository
# priority  what follows `priority/` in a label, such as `priority/high`
# id        made of the numbers of issue or comment and the time: the same in each delivery
# time      when it happened
#
# Owners, members and collaborators of the repository are agents, all others customers.

def labelled($prefix): [.issue.labels[]?.name | select(startswith($prefix)) | ltrimstr($prefix)][0];

# An event of Vaste. `$id` is unique for it within GitHub.
def event($type; $id; $time): {
  id: $id,
  source: "github",
  type: "ticket.\($type)",
  time: $time,
  ticket: "\(.repository.full_name)#\(.issue.number)",
  team: (labelled("team/") // .repository.name),
  priority: labelled("priority/")
};

def is_agent: . as $who | any(("OWNER", "MEMBER", "COLLABORATOR"); . == $who);

# The issue from which this one was transferred. If nobody has commented on it, the customer's wait goes on
# here.
def took_over:
  if .changes.old_issue then
    event("took_over"; "issue-\(.issue.id)-transferred"; .issue.created_at)
    + {
        from: "\(.changes.old_repository.full_name)#\(.changes.old_issue.number)",
        waiting_since: (if .changes.old_issue.comments == 0 then .changes.old_issue.created_at else null end)
      }
  else empty
  end;

def opened:
  (
    if .issue.user.type == "Bot" then "system"
    elif .issue.author_association | is_agent then "agent"
    else "customer"
    end
  ) as $by
  | event("created"; "issue-\(.issue.id)-opened"; .issue.created_at) + { by: $by };

def comment:
  "comment-\(.comment.id)" as $id
  | .comment.created_at as $time
  | if .comment.user.type == "Bot" then event("bot_replied"; $id; $time)
    elif .comment.author_association | is_agent then
      event("agent_replied"; $id; $time) + { agent: .comment.user.login }
    else event("customer_replied"; $id; $time)
    end;

if .issue == null or .issue.pull_request != null then empty
elif .comment != null then if .action == "created" then comment else empty end
else
  .issue.updated_at as $time
  | "issue-\(.issue.id)-\(.action)-\($time)" as $id
  | if .action == "opened" then opened, took_over
    elif .action == "closed" then event("solved"; $id; .issue.closed_at // $time)
    elif .action == "reopened" then event("reopened"; $id; $time)
    elif .action == "assigned" then event("assigned"; $id; $time) + { agent: .assignee.login }
    # A label that names the team or the priority. Others mean nothing here.
    elif .action == "labeled" then
      if .label.name | startswith("team/") or startswith("priority/") then
        event("assigned"; "\($id)-\(.label.id)"; $time)
      else empty
      end
    elif .action == "transferred" then
      event("merged"; $id; $time)
      + { into: "\(.changes.new_repository.full_name)#\(.changes.new_issue.number)" }
    elif .action == "deleted" then event("deleted"; $id; $time)
    else empty
    end
end
