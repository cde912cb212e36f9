//! Finds functions of a filter that call themselves.
//!
//! # Design
//! A function that calls itself may never end. jaq also keeps the arguments of such calls in a list that it
//! drops recursively. A filter over one record does without.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::Part;

/// The call by which a function calls itself; `None` if none does.
pub(super) fn find<'s>(term: &Term<&'s str>) -> Option<&'s str> {
    Search { enclosing: Vec::new() }.in_term(term)
}

/// The functions in whose bodies a search is: names and numbers of arguments.
struct Search<'s> {
    enclosing: Vec<(&'s str, usize)>,
}

impl<'s> Search<'s> {
    fn in_term(&mut self, term: &Term<&'s str>) -> Option<&'s str> {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => None,
            Term::Arr(None) => None,
            Term::Str(_, parts) => parts.iter().find_map(|part| match part {
                StrPart::Term(term) => self.in_term(term),
                StrPart::Str(_) | StrPart::Char(_) => None,
            }),
            Term::Arr(Some(term)) | Term::Neg(term) | Term::Label(_, term) => self.in_term(term),
            Term::Obj(members) => members.iter().find_map(|(key, value)| {
                self.in_term(key).or_else(|| self.in_term(value.as_ref()?))
            }),
            Term::BinOp(left, operator, right) => {
                let in_pattern = if let BinaryOp::Pipe(Some(pattern)) = operator {
                    self.in_pattern(pattern)
                } else {
                    None
                };
                in_pattern.or_else(|| self.in_term(left)).or_else(|| self.in_term(right))
            }
            Term::Fold(_, source, pattern, terms) => self
                .in_term(source)
                .or_else(|| self.in_pattern(pattern))
                .or_else(|| terms.iter().find_map(|term| self.in_term(term))),
            Term::TryCatch(term, catch) => {
                self.in_term(term).or_else(|| self.in_term(catch.as_ref()?))
            }
            Term::IfThenElse(branches, otherwise) => branches
                .iter()
                .find_map(|(cond, then)| self.in_term(cond).or_else(|| self.in_term(then)))
                .or_else(|| self.in_term(otherwise.as_ref()?)),
            Term::Def(definitions, term) => definitions
                .iter()
                .find_map(|definition| self.in_definition(definition))
                .or_else(|| self.in_term(term)),
            Term::Call(name, arguments) => {
                if self.enclosing.contains(&(*name, arguments.len())) {
                    return Some(name);
                }
                arguments.iter().find_map(|argument| self.in_term(argument))
            }
            Term::Path(term, path) => self.in_term(term).or_else(|| {
                path.0.iter().find_map(|(part, _)| match part {
                    Part::Index(index) => self.in_term(index),
                    Part::Range(from, to) => {
                        [from, to].into_iter().flatten().find_map(|bound| self.in_term(bound))
                    }
                })
            }),
        }
    }

    fn in_definition(&mut self, definition: &Def<&'s str>) -> Option<&'s str> {
        self.enclosing.push((definition.name, definition.args.len()));
        let found = self.in_term(&definition.body);
        self.enclosing.pop();
        found
    }

    fn in_pattern(&mut self, pattern: &Pattern<&'s str>) -> Option<&'s str> {
        match pattern {
            Pattern::Var(_) => None,
            Pattern::Arr(patterns) => patterns.iter().find_map(|one| self.in_pattern(one)),
            Pattern::Obj(members) => members
                .iter()
                .find_map(|(key, one)| self.in_term(key).or_else(|| self.in_pattern(one))),
        }
    }
}
