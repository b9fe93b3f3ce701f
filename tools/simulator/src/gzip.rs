//! A gzip wrapping (RFC 1952) that stores instead of compressing (RFC 1951 section 3.2.4): real enough for any reader.

/// Most bytes a stored block holds: its length field has 16 bits.
const BLOCK_BYTES_MAX: usize = 65_535;

/// Magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Wraps the pieces of a body, keeping them apart, so that each can be read as soon as it is sent.
pub(crate) fn wrap(pieces: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut crc = u32::MAX;
    let mut length = 0_u32;
    let mut wrapped = vec![HEADER.to_vec()];
    for piece in pieces {
        let mut blocks = Vec::with_capacity(piece.len() + 8);
        for block in piece.chunks(BLOCK_BYTES_MAX) {
            append_block(&mut blocks, block, false);
        }
        crc = crc_continued(crc, piece);
        length = length.wrapping_add(piece.len() as u32); // the trailer counts modulo 2^32
        wrapped.push(blocks);
    }
    let mut trailer = Vec::new();
    append_block(&mut trailer, b"", true);
    trailer.extend_from_slice(&(!crc).to_le_bytes());
    trailer.extend_from_slice(&length.to_le_bytes());
    wrapped.push(trailer);
    wrapped
}

fn append_block(blocks: &mut Vec<u8>, block: &[u8], is_last: bool) {
    let length = u16::try_from(block.len()).expect("blocks are cut to fit");
    blocks.push(u8::from(is_last));
    blocks.extend_from_slice(&length.to_le_bytes());
    blocks.extend_from_slice(&(!length).to_le_bytes());
    blocks.extend_from_slice(block);
}

fn crc_continued(mut crc: u32, bytes: &[u8]) -> u32 {
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn two_pieces_make_one_file() {
        let file = wrap(&[b"hello ".to_vec(), b"world".to_vec()]).concat();
        let expected = [
            &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255][..],
            &[0, 6, 0, 0xf9, 0xff],
            b"hello ",
            &[0, 5, 0, 0xfa, 0xff],
            b"world",
            &[1, 0, 0, 0xff, 0xff],
            &0x0d4a_1185_u32.to_le_bytes(), // CRC-32 of "hello world"
            &11_u32.to_le_bytes(),
        ]
        .concat();
        assert_eq!(file, expected);
    }
}
