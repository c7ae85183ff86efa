//! The owner's password: what sets it apart from a text is that it is never shown.

use core::fmt;

/// A password of 6 to 16 characters, each a printable ASCII character other than the space.
///
/// Six is what the vendor's register holds; 16 is as many as a person types without a mistake.
/// It is compared without leaving early, so that the time of an answer does not tell how much of
/// a guess was right, and its `Debug` does not show it.
///
/// ```
/// use cellward_params::Password;
/// let password = Password::new("s3cret!").unwrap();
/// assert!(password == Password::new("s3cret!").unwrap());
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// assert!(Password::new("short").is_err());
/// ```
#[derive(Clone, Copy)]
pub struct Password {
    bytes: [u8; Self::MOST],
    len: u8,
}

/// Why a text can be no password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoPassword {
    /// It has fewer than six characters.
    TooShort,
    /// It has more than sixteen.
    TooLong,
    /// One of its characters is none of the printable ones of ASCII, or a space.
    Character,
}

impl Password {
    /// The fewest characters.
    pub const FEWEST: usize = 6;
    /// The most characters.
    pub const MOST: usize = 16;
    /// What every board of the vendor leaves the factory with, which everybody knows. Here it
    /// stands for no password at all.
    pub const FACTORY: &'static str = "123456";

    /// A text as a password.
    ///
    /// # Errors
    ///
    /// When it is too short or too long, or has other characters than the printable ones of ASCII.
    pub fn new(text: &str) -> Result<Self, NoPassword> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NoPassword::Character);
        }
        if text.len() < Self::FEWEST {
            return Err(NoPassword::TooShort);
        }
        let mut bytes = [0; Self::MOST];
        let len = u8::try_from(text.len()).map_err(|_| NoPassword::TooLong)?;
        let room = bytes.get_mut(..text.len()).ok_or(NoPassword::TooLong)?;
        room.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, len })
    }

    /// The text, for a session that must write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        // Made of ASCII alone.
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Whether it is the one that everybody knows.
    #[must_use]
    pub fn is_factory(&self) -> bool {
        self.as_str() == Self::FACTORY
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.bytes.iter().zip(&other.bytes);
        let differing = pairs.fold(self.len ^ other.len, |bits, (one, two)| bits | (one ^ two));
        differing == 0
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl fmt::Display for NoPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "a password has at least {} characters", Password::FEWEST),
            Self::TooLong => write!(f, "a password has at most {} characters", Password::MOST),
            Self::Character => {
                f.write_str("a password has only letters, digits and signs of ASCII, and no space")
            }
        }
    }
}

impl core::error::Error for NoPassword {}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[test]
    fn six_to_sixteen_printable_characters_are_a_password() {
        assert_eq!(password("123456").as_str(), "123456");
        assert_eq!(password("0123456789abcdef").as_str(), "0123456789abcdef");
        assert_eq!(Password::new("12345"), Err(NoPassword::TooShort));
        assert_eq!(Password::new(""), Err(NoPassword::TooShort));
        assert_eq!(Password::new("0123456789abcdefg"), Err(NoPassword::TooLong));
        assert_eq!(Password::new(&"a".repeat(300)), Err(NoPassword::TooLong));
        for wrong in ["with space", "tab\there", "schlüssel", "nul\0nul", "\u{7f}delete"] {
            assert_eq!(Password::new(wrong), Err(NoPassword::Character), "{wrong:?}");
        }
    }

    #[test]
    fn one_that_begins_alike_is_another() {
        assert!(password("secret") == password("secret"));
        for other in ["secreT", "Secret", "secret1", "secre_"] {
            assert!(password("secret") != password(other), "{other}");
        }
    }

    #[test]
    fn it_is_never_shown() {
        assert!(!format!("{:?}", password("secret")).contains("secret"));
    }

    #[test]
    fn the_one_of_the_factory_is_known() {
        assert!(password("123456").is_factory());
        assert!(!password("1234567").is_factory());
    }
}
