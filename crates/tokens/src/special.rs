//! Special tokens by role, and the tokens that are added to a vocabulary.

use std::collections::BTreeMap;
use std::path::Path;

use tokenizers::{AddedToken, NormalizedString, Normalizer, Tokenizer as Library};

use crate::class::Class;
use crate::config::{Config, ROLES, wrong};
use crate::error::TokensError;
use crate::quietly;

/// BERT's special tokens (Devlin et al. 2019), which stand in where the files name none.
const BERT: [(&str, &str); 5] =
    [("unk", "[UNK]"), ("sep", "[SEP]"), ("pad", "[PAD]"), ("cls", "[CLS]"), ("mask", "[MASK]")];

/// The special tokens of a tokenizer.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpecialTokens {
    /// Token by role, as it is added, and whether a file says it.
    roles: BTreeMap<&'static str, (AddedToken, bool)>,
    /// Special tokens by names of the model's own.
    named: Vec<AddedToken>,
    /// Special tokens without a name.
    extra: Vec<AddedToken>,
}

impl SpecialTokens {
    /// BERT's special tokens.
    pub fn bert() -> Self {
        let mut roles = BTreeMap::new();
        for (role, text) in BERT {
            roles.insert(role, (AddedToken::from(text, true), true));
        }
        Self { roles, ..Self::default() }
    }

    /// One token in every role, for a vocabulary that is read without special tokens: the unknown
    /// one.
    pub fn of_unknown(unknown: Option<&str>) -> Self {
        let token = AddedToken::from(unknown.unwrap_or("[UNK]"), true);
        let roles = BERT.map(|(role, _)| (role, (token.clone(), true)));
        Self { roles: BTreeMap::from(roles), ..Self::default() }
    }

    /// The special tokens that the files name, else the class.
    ///
    /// A token that `added` has is that one, with all that is said of it. `padding` is the token of
    /// tokenizer.json's own padding, which holds where nothing else names one.
    pub fn read(
        config: &Config,
        class: Class,
        added: &BTreeMap<u64, AddedToken>,
        padding: Option<&str>,
    ) -> Result<Self, TokensError> {
        let (named, extra) = (config.named(), config.extra()?);
        let mut specials = Self { roles: BTreeMap::new(), named, extra };
        let by_class: BTreeMap<_, _> = class.special_tokens().iter().copied().collect();
        for role in ROLES {
            let (mut token, said) = match config.role(role)? {
                Some(None) => continue,
                Some(Some((token, is_text))) => {
                    let known = added.values().find(|other| other.content == token.content);
                    match known {
                        Some(known) => (known.clone(), true),
                        None if is_text => (class.token(role, &token.content), true),
                        None => (token, true),
                    }
                }
                None => match (by_class.get(role), padding) {
                    (Some(text), _) => (class.token(role, text), false),
                    (None, Some(text)) if role == "pad" => (class.token(role, text), true),
                    _ => continue,
                },
            };
            token.special = true;
            specials.roles.insert(role, (token, said));
        }
        Ok(specials)
    }

    /// Texts of the tokens by the names that templates and configurations give them (`eos_token`).
    pub fn by_name(&self) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for (role, (token, _)) in &self.roles {
            texts.insert(format!("{role}_token"), token.content.clone());
        }
        texts
    }

    /// Text of the token of a role, if there is one.
    pub fn get(&self, role: &str) -> Option<&str> {
        self.roles.get(role).map(|(token, _)| token.content.as_str())
    }

    /// Text of the token of a role; BERT's where the files name none.
    pub fn text(&self, role: &str) -> &str {
        let bert = || BERT.iter().find(|(other, _)| *other == role).map(|(_, text)| *text);
        self.get(role).or_else(bert).unwrap_or_default()
    }

    /// The special tokens that the class cannot do without, by role. Words that nothing says the
    /// class of (`kind` is that of their model) are taken for BERT's.
    pub fn required(&self, class: Class, says_kind: bool, kind: &str) -> Vec<(&'static str, &str)> {
        let words = !says_kind && ["WordPiece", "WordLevel"].contains(&kind);
        let class = if words { Class::Bert } else { class };
        class.required_roles().iter().map(|role| (*role, self.text(role))).collect()
    }

    /// Adds the tokens to the library's in the order in which transformers does
    /// (`TokenizersBackend.__init__`): those that the files give an ID, then the special tokens by
    /// role, then the other special ones.
    ///
    /// A special token that only the class names stays out where the vocabulary lacks it: it would
    /// get an ID beyond the model's table.
    pub fn add_to(
        &self,
        library: &mut Library,
        added: &BTreeMap<u64, AddedToken>,
        class: Class,
        path: &Path,
    ) -> Result<(), TokensError> {
        let present: Vec<AddedToken> = library.get_added_tokens_decoder().into_values().collect();
        let mut adding: Vec<AddedToken> =
            added.values().filter(|token| !present.contains(token)).cloned().collect();
        let by_id: Vec<String> =
            present.iter().chain(&adding).map(|token| token.content.clone()).collect();
        let mut left_out = None;
        let by_role = ROLES.iter().filter_map(|role| self.roles.get(role));
        let by_role = by_role.map(|(token, said)| (token, *said));
        let others = self.named.iter().chain(&self.extra).map(|token| (token, true));
        for (token, said) in by_role.chain(others) {
            if by_id.contains(&token.content) || adding.contains(token) {
                continue;
            }
            let is_known = library.token_to_id(&token.content).is_some()
                || adding.iter().any(|other| other.content == token.content);
            match (&left_out, is_known || said) {
                (_, false) => left_out = Some(token.content.clone()),
                (Some(first), true) if !is_known => {
                    let expected =
                        format!("{first:?} in the vocabulary before {:?}", token.content);
                    return Err(wrong(path, expected, "neither"));
                }
                // once more where it is said otherwise: the last one holds
                _ => adding.push(token.clone()),
            }
        }
        for token in &mut adding {
            let mut named = self.roles.values().map(|(token, _)| token).chain(&self.named);
            token.special |= named.any(|named| named.content == token.content);
        }
        if class == Class::Qwen2 {
            // added once more as special, whatever was said of them (`Qwen2Tokenizer.__init__`)
            let named = self.roles.values().map(|(token, _)| token);
            for token in named.chain(&self.named).chain(&self.extra) {
                let is_there = |other: &AddedToken| other.content == token.content;
                if library.token_to_id(&token.content).is_some() || adding.iter().any(is_there) {
                    adding.push(AddedToken::from(token.content.clone(), true));
                }
            }
        }
        if let Err(error) = library.add_tokens(adding) {
            let reason = files::one_line(&error.to_string());
            return Err(TokensError::Refused { path: path.into(), reason });
        }
        check_distinct(library, path)
    }
}

/// Checks that no two added tokens are one and the same text once it is normalised: the library
/// then takes either, by chance.
fn check_distinct(library: &Library, path: &Path) -> Result<(), TokensError> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for token in library.get_added_tokens_decoder().into_values() {
        let mut text = NormalizedString::from(token.content.as_str());
        if let (true, Some(normalizer)) = (token.normalized, library.get_normalizer()) {
            if let Err(reason) = quietly(|| normalizer.normalize(&mut text)) {
                return Err(TokensError::Refused { path: path.into(), reason });
            }
            if let Some(other) = texts.insert(text.get().into(), token.content.clone()) {
                let expected = "added tokens that stay apart when they are normalised".into();
                let mut both = [other, token.content];
                both.sort();
                return Err(wrong(path, expected, &format!("{both:?}")));
            }
        }
    }
    Ok(())
}

impl Class {
    /// A special token that the files give only the text of.
    fn token(self, role: &str, text: &str) -> AddedToken {
        let strips = role == "mask" && matches!(self, Self::MpNet | Self::Camembert);
        AddedToken::from(text, true).lstrip(strips)
    }
}

/// The ID of a token, which a class cannot do without.
pub(crate) fn id_of(
    library: &Library,
    role: &'static str,
    token: &str,
    path: &Path,
) -> Result<u32, TokensError> {
    match library.token_to_id(token) {
        Some(id) => Ok(id),
        None => Err(TokensError::NoSpecial { path: path.into(), role, token: token.into() }),
    }
}
