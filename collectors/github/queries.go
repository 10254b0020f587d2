package github

// The pieces of queries that several share. A list inside of a list costs as many points of the budget as the outer one is
// long, however long the inner is, so that inner lists ask for much.

// actorFields is who did something.
const actorFields = `
fragment actor on Actor {
  __typename login
  ... on User { databaseId } ... on Bot { databaseId } ... on Mannequin { databaseId } ... on Organization { databaseId }
}`

// commitFields is a commit without what its author wrote. An author's account is found by GitHub through the e-mail address.
const commitFields = `
fragment commit on Commit {
  oid committedDate committedViaWeb
  authors(first: 20) { totalCount nodes { user { ...actor } } }
  committer { user { ...actor } }
  signature { isValid state wasSignedByGitHub }
  parents(first: 20) { totalCount nodes { oid } }
}`

// glanceCommits is how many commits are asked of each pull request of a list.
const glanceCommits = 10

const pullVariables = "$commits: Int!, $commitsAfter: String, $reviewsAfter: String, $timelineItemsAfter: String"

const pullFields = `
fragment pull on PullRequest {
  id number url title state isDraft createdAt updatedAt mergedAt merged
  baseRefName headRefName headRefOid isCrossRepository mergeCommit { oid }
  author { ...actor } mergedBy { ...actor }
  autoMergeRequest { enabledAt enabledBy { ...actor } mergeMethod }
  reviewDecision totalCommentsCount
  labels(first: 100) { totalCount nodes { name } }
  closingIssuesReferences(first: 50) { totalCount nodes { number url } }
  reviews(first: 100, after: $reviewsAfter) {
    pageInfo { hasNextPage endCursor }
    nodes { databaseId: fullDatabaseId author { ...actor } state submittedAt commit { oid } }
  }
  commits(first: $commits, after: $commitsAfter) {
    pageInfo { hasNextPage endCursor }
    nodes { commit { ...commit } }
  }
  timelineItems(first: 100, after: $timelineItemsAfter, itemTypes: [
    REVIEW_DISMISSED_EVENT, HEAD_REF_FORCE_PUSHED_EVENT, ADDED_TO_MERGE_QUEUE_EVENT, REMOVED_FROM_MERGE_QUEUE_EVENT,
    READY_FOR_REVIEW_EVENT, AUTO_MERGE_ENABLED_EVENT, BASE_REF_CHANGED_EVENT, LABELED_EVENT, MERGED_EVENT
  ]) {
    pageInfo { hasNextPage endCursor }
    nodes {
      __typename
      ... on ReviewDismissedEvent {
        createdAt actor { ...actor } previousReviewState review { databaseId: fullDatabaseId author { ...actor } }
      }
      ... on HeadRefForcePushedEvent { createdAt actor { ...actor } beforeCommit { oid } afterCommit { oid } }
      ... on AddedToMergeQueueEvent { createdAt actor { ...actor } }
      ... on RemovedFromMergeQueueEvent { createdAt actor { ...actor } }
      ... on ReadyForReviewEvent { createdAt actor { ...actor } }
      ... on AutoMergeEnabledEvent { createdAt actor { ...actor } }
      ... on BaseRefChangedEvent { createdAt actor { ...actor } previousRefName currentRefName }
      ... on LabeledEvent { createdAt actor { ...actor } label { name } }
      ... on MergedEvent { createdAt actor { ...actor } commit { oid } }
    }
  }
  statusCheckRollup { state }
}`

// pullPermissions are what the fields of a pull request need.
func pullPermissions() []string {
	return []string{"Checks: read", "Commit statuses: read", "Contents: read", "Issues: read", "Pull requests: read"}
}

// pullsQuery lists the merged pull requests of repositories, the one that was updated last first.
func pullsQuery() query {
	return query{"graphql.pullRequests", `query pullRequests($ids: [ID!]!, $first: Int!, $after: String, ` + pullVariables + `) {
  nodes(ids: $ids) {
    ... on Repository {
      ` + repositoryFields + `
      pullRequests(states: MERGED, first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
        pageInfo { hasNextPage endCursor }
        nodes { ...pull }
      }
    }
  }
  ` + rateLimit + `
}` + pullFields + commitFields + actorFields, pullPermissions()}
}

// pullsAgainQuery asks about some pull requests once more.
func pullsAgainQuery() query {
	return query{"graphql.pullRequestsAgain", `query pullRequestsAgain($ids: [ID!]!, ` + pullVariables + `) {
  nodes(ids: $ids) { ...pull }
  ` + rateLimit + `
}` + pullFields + commitFields + actorFields, pullPermissions()}
}
