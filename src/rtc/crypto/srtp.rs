//! The ciphers of SRTP (RFC 3711, RFC 7714).

use std::fmt;

use aes::{
    Aes128, Aes256,
    cipher::{
        BlockEncrypt, KeyInit, KeyIvInit as _, StreamCipher as _, generic_array::GenericArray,
    },
};
use aes_gcm::{AeadInPlace, Aes128Gcm, Aes256Gcm};
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, SrtpProvider,
    SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
};

const BLOCK: usize = 16;
const TAG: usize = 16;

/// What makes the ciphers.
#[derive(Debug)]
pub(super) struct Srtp;

/// AES in counter mode, by its key.
struct Counter([u8; 16]);

/// AES in Galois/counter mode.
struct Galois<C>(C);

impl SrtpProvider for Srtp {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &Srtp
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Srtp
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Srtp
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        block::<Aes128>(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        block::<Aes256>(key, input, output);
    }
}

/// Encrypts one block, by which keys are derived. Callers read no more of the output.
fn block<C: KeyInit + BlockEncrypt>(key: &[u8], input: &[u8], output: &mut [u8]) {
    let mut block = GenericArray::clone_from_slice(&input[..BLOCK]);
    C::new(GenericArray::from_slice(key)).encrypt_block(&mut block);
    output[..BLOCK].copy_from_slice(&block);
}

impl SupportedAes128CmSha1_80 for Srtp {
    fn create_cipher(&self, key: [u8; 16], _: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        Box::new(Counter(key))
    }
}

impl SupportedAeadAes128Gcm for Srtp {
    fn create_cipher(&self, key: [u8; 16], _: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(Galois(<Aes128Gcm as aes_gcm::KeyInit>::new(&key.into())))
    }
}

impl SupportedAeadAes256Gcm for Srtp {
    fn create_cipher(&self, key: [u8; 32], _: bool) -> Box<dyn AeadAes256GcmCipher> {
        Box::new(Galois(<Aes256Gcm as aes_gcm::KeyInit>::new(&key.into())))
    }
}

impl Aes128CmSha1_80Cipher for Counter {
    fn encrypt(
        &mut self,
        iv: &[u8; 16],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        let mut stream = ctr::Ctr128BE::<Aes128>::new(&self.0.into(), iv.into());
        let output = &mut output[..input.len()];
        output.copy_from_slice(input);
        stream.apply_keystream(output);
        Ok(())
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 16],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.encrypt(iv, input, output)
    }
}

impl<C: AeadInPlace> Galois<C> {
    /// The output is the ciphertext and its tag.
    fn seal(
        &self,
        iv: &[u8; 12],
        known: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (text, rest) = output.split_at_mut(input.len());
        text.copy_from_slice(input);
        let tag = self.0.encrypt_in_place_detached(GenericArray::from_slice(iv), known, text);
        rest[..TAG].copy_from_slice(&tag.map_err(|_| failed("encrypted"))?);
        Ok(())
    }

    /// The output is the plaintext. Returns its length.
    fn open(
        &self,
        iv: &[u8; 12],
        known: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let length = input.len().checked_sub(TAG).ok_or_else(|| failed("decrypted"))?;
        let (text, tag) = input.split_at(length);
        let output = &mut output[..length];
        output.copy_from_slice(text);
        let (iv, tag) = (GenericArray::from_slice(iv), GenericArray::from_slice(tag));
        let opened = self.0.decrypt_in_place_detached(iv, &known.concat(), output, tag);
        opened.map(|()| length).map_err(|_| failed("decrypted"))
    }
}

fn failed(what: &str) -> CryptoError {
    CryptoError::Other(format!("a packet can't be {what}"))
}

macro_rules! galois {
    ($cipher:ty, $name:ident) => {
        impl $name for Galois<$cipher> {
            fn encrypt(
                &mut self,
                iv: &[u8; 12],
                known: &[u8],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<(), CryptoError> {
                self.seal(iv, known, input, output)
            }

            fn decrypt(
                &mut self,
                iv: &[u8; 12],
                known: &[&[u8]],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<usize, CryptoError> {
                self.open(iv, known, input, output)
            }
        }
    };
}

galois!(Aes128Gcm, AeadAes128GcmCipher);
galois!(Aes256Gcm, AeadAes256GcmCipher);

impl fmt::Debug for Counter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Counter")
    }
}

impl<C> fmt::Debug for Galois<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Galois")
    }
}
