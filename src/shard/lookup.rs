//! The names of a shard, and what they mean in the catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::{Catalog, ChannelId, ScopeId};
use crate::name::{NameId, Names};
use crate::ticket::DerivationContext;

/// What a name in an event is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum NameRole {
    Team,
    Channel,
    Agent,
}

/// Interned names, with the scope and the channel that the catalog has for each.
#[derive(Debug)]
pub(super) struct NameLookup {
    catalog: Arc<Catalog>,
    names: Names,
    /// The latest name of each [`NameRole`]: consecutive events often have the same.
    latest: [NameId; 3],
    /// The scope of each name, taken as a team's. May be shorter than `names`.
    scopes: Vec<ScopeId>,
    /// The channel of each name, taken as a channel's. As long as `scopes`.
    channels: Vec<ChannelId>,
    /// Teams without an agreement that events have named.
    undeclared: BTreeSet<NameId>,
    /// Those of them that [`NameLookup::take_undeclared`] has not returned yet.
    undeclared_new: Vec<NameId>,
    /// The team of the last event, if it has no agreement.
    undeclared_last: Option<NameId>,
}

impl NameLookup {
    pub(super) fn new(catalog: Arc<Catalog>, names: Names) -> Self {
        Self {
            catalog,
            names,
            latest: [NameId::OVERFLOW; 3],
            scopes: Vec::new(),
            channels: Vec::new(),
            undeclared: BTreeSet::new(),
            undeclared_new: Vec::new(),
            undeclared_last: None,
        }
    }

    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// The id of a name, which is added if it is new. It has no scope until [`NameLookup::resolve`].
    pub(super) fn intern(&mut self, name: &str, role: NameRole) -> NameId {
        let latest = &mut self.latest[role as usize];
        if *self.names.text(*latest) != *name {
            *latest = self.names.intern(name);
        }
        *latest
    }

    /// Looks up the scopes and channels of new names. Must come before [`NameLookup::context`].
    pub(super) fn resolve(&mut self) {
        for index in self.scopes.len()..self.names.len() {
            let id = NameId::from_index(u32::try_from(index).unwrap_or(u32::MAX));
            let name = self.names.text(id);
            self.scopes.push(self.catalog.scope_of_team(name));
            self.channels.push(self.catalog.channel(name));
        }
    }

    /// Notes the team of an event, if it has no agreement. Must come after [`NameLookup::resolve`].
    pub(super) fn note_team(&mut self, team: NameId) {
        let scope = self.scopes.get(team.index()).copied();
        // Without any agreement nobody expects one.
        let is_undeclared =
            scope == Some(self.catalog.unclaimed()) && self.catalog.has_objectives();
        self.undeclared_last = is_undeclared.then_some(team);
        if is_undeclared && self.undeclared.insert(team) {
            self.undeclared_new.push(team);
        }
    }

    /// The team of the last event, if it has no agreement. The next call returns `None` until another event
    /// has such a team.
    pub(super) fn take_undeclared_last(&mut self) -> Option<&str> {
        let team = self.undeclared_last.take()?;
        Some(self.names.text(team))
    }

    /// The undeclared teams that were noted since the last call.
    pub(super) fn take_undeclared(&mut self) -> Vec<String> {
        let new = std::mem::take(&mut self.undeclared_new);
        new.into_iter().map(|team| self.names.text(team).to_owned()).collect()
    }

    /// Switches to another catalog.
    pub(super) fn adopt(&mut self, catalog: Arc<Catalog>) {
        self.catalog = catalog;
        self.scopes.clear();
        self.channels.clear();
        self.undeclared.clear();
    }

    pub(super) fn context(&self) -> DerivationContext<'_> {
        let Self { catalog, scopes, channels, .. } = self;
        DerivationContext { catalog, scopes, channels, is_resumed: false }
    }
}

/// What the names of a checkpoint mean in a catalog. Without the names themselves, which may be many.
pub(super) struct NameMeanings {
    scopes: Vec<ScopeId>,
    channels: Vec<ChannelId>,
}

impl NameMeanings {
    /// The meanings of names, in order of id.
    pub(super) fn of(names: &[&str], catalog: &Catalog) -> Self {
        Self {
            scopes: names.iter().map(|name| catalog.scope_of_team(name)).collect(),
            channels: names.iter().map(|name| catalog.channel(name)).collect(),
        }
    }

    pub(super) fn context<'c>(&'c self, catalog: &'c Catalog) -> DerivationContext<'c> {
        let Self { scopes, channels } = self;
        DerivationContext { catalog, scopes, channels, is_resumed: false }
    }
}
