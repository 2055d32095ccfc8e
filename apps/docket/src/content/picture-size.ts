/** Width and height a PNG or JPEG declares, without decoding it: a few bytes can declare a picture that fills the memory. */
export function pictureSize(bytes: Uint8Array): { readonly width: number, readonly height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length >= 24 && view.getUint32(0) === 0x89504e47) return { width: view.getUint32(16), height: view.getUint32(20) }
  if (bytes.length >= 4 && view.getUint16(0) === 0xffd8) return jpegSize(view)
  return undefined
}

/** Walks the segments of a JPEG to its frame header, which holds the size. */
function jpegSize(view: DataView): { readonly width: number, readonly height: number } | undefined {
  let at = 2
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    // Frame headers are 0xc0 to 0xcf without the three that define tables.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    }
    // A marker may be padded by any number of 0xff bytes.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
  }
  return undefined
}
