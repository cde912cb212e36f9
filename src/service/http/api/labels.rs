//! Names and labels that responses share.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::agreement::Objective;
use crate::catalog::{Catalog, ObjectiveId, ScopeId};
use crate::name::team_label;

/// The names in a path.
#[derive(Deserialize)]
pub(super) struct NamesInPath {
    /// The label of the team.
    pub(super) team: String,
    /// The objective; empty where the path has none.
    #[serde(default)]
    pub(super) objective: String,
}

impl NamesInPath {
    /// The names, unless one of them is not UTF-8.
    pub(super) fn of(path: Result<Path<Self>, PathRejection>) -> Result<Self, Problem> {
        path.map_or_else(|_| Err(Problem::unreadable_name()), |Path(names)| Ok(names))
    }

    /// The scope of the team.
    pub(super) fn scope(&self, catalog: &Catalog) -> Result<ScopeId, Problem> {
        let scope = catalog.scope_by_label(&self.team);
        scope.ok_or_else(|| Problem::unknown_team(&self.team, catalog))
    }

    /// The objective.
    pub(super) fn objective<'a>(
        &self,
        catalog: &'a Catalog,
    ) -> Result<(ObjectiveId, &'a Objective), Problem> {
        let scope = self.scope(catalog)?;
        let of_team = || catalog.objectives().filter(|(_, owner, _)| *owner == scope);
        let found = of_team().find(|(.., one)| *one.name == *self.objective);
        found.map(|(id, _, objective)| (id, objective)).ok_or_else(|| {
            let known = of_team().map(|(.., one)| &*one.name);
            let label = team_label(catalog.scope_name(scope));
            Problem::unknown_objective(&self.objective, label, known)
        })
    }
}

/// Whose tickets a row is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ScopeShown<'a> {
    /// The label of the team in addresses and metrics: its name in the agreement, `_all` for the whole
    /// organisation, `_unclaimed` for the tickets that no team with an agreement is responsible for.
    label: &'a str,
    /// The display name; empty if the agreement gives none.
    name: &'a str,
    /// Display names by language code, such as `fi`.
    names: BTreeMap<&'a str, &'a str>,
    /// Whose tickets they are.
    scope: ScopeKind,
}

/// Whose tickets a row is about.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ScopeKind {
    /// Those of one team.
    Team,
    /// Those of all teams, and the unclaimed ones.
    Organisation,
    /// Those that no team with an agreement is responsible for.
    Unclaimed,
}

impl<'a> ScopeShown<'a> {
    pub(super) fn of(scope: ScopeId, catalog: &'a Catalog) -> Self {
        let about = catalog.about(scope);
        let names = about.into_iter().flat_map(|about| &about.names);
        Self {
            label: team_label(catalog.scope_name(scope)),
            name: about.map_or("", |about| &about.name),
            names: names.map(|(language, name)| (&**language, &**name)).collect(),
            scope: if scope == catalog.organisation() {
                ScopeKind::Organisation
            } else if scope == catalog.unclaimed() {
                ScopeKind::Unclaimed
            } else {
                ScopeKind::Team
            },
        }
    }
}

/// A share of basis points as a number from 0 to 1.
pub(super) fn ratio(basis_points: u32) -> f64 {
    f64::from(basis_points) / f64::from(crate::share::Share::WHOLE_BP)
}
