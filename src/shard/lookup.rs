//! The names of a shard, and what they mean in the catalog.

use std::sync::Arc;

use crate::catalog::{Catalog, ChannelId, ScopeId};
use crate::name::{NameId, Names};
use crate::ticket::DerivationContext;

/// Interned names, with the scope and the channel that the catalog has for each.
#[derive(Debug)]
pub(super) struct NameLookup {
    catalog: Arc<Catalog>,
    names: Names,
    /// The scope of each name, taken as a team's. May be shorter than `names`.
    scopes: Vec<ScopeId>,
    /// The channel of each name, taken as a channel's. As long as `scopes`.
    channels: Vec<ChannelId>,
}

impl NameLookup {
    pub(super) fn new(catalog: Arc<Catalog>, names: Names) -> Self {
        Self { catalog, names, scopes: Vec::new(), channels: Vec::new() }
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// The id of a name, which is added if it is new. It has no scope until [`NameLookup::resolve`].
    pub(super) fn intern(&mut self, name: &str) -> NameId {
        self.names.intern(name)
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

    /// Switches to another catalog.
    pub(super) fn adopt(&mut self, catalog: Arc<Catalog>) {
        self.catalog = catalog;
        self.scopes.clear();
        self.channels.clear();
    }

    pub(super) fn context(&self) -> DerivationContext<'_> {
        DerivationContext { catalog: &self.catalog, scopes: &self.scopes, channels: &self.channels }
    }
}
