import { MortiseError } from '../errors/index.js'

/** A token as its module tells of it. */
export interface ListedToken {
  readonly slot: number
  readonly label: string
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly state: string
}

const flagsNamed = { initialised: 0x400, pinLocked: 0x40000, pinCountLow: 0x10000 } as const
const lockingByOs = 2
/** CKF_SERIAL_SESSION and CKF_RW_SESSION. */
const readWrite = 6
const securityOfficer = 0
const longestLabel = 32

/** The tokens that are there. @throws MORTISE_HSM_MODULE */
export function listTokens(module: string): Promise<readonly ListedToken[]> {
  return withModule(module, (pkcs11) => tokensOf(pkcs11).map(({ listed }) => listed))
}

/**
 * Makes a token anew, with the PINs of its security officer and its user.
 *
 * @param slot default the first whose token was never initialised
 * @throws MORTISE_HSM_MODULE, MORTISE_HSM_TOKEN_NOT_FOUND, MORTISE_HSM_REFUSED
 */
export function initToken(
  module: string,
  label: string,
  slot: string | undefined,
  officer: string,
  user: string,
): Promise<ListedToken> {
  if (label === '' || Buffer.byteLength(label) > longestLabel)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the label of a token has 1 to 32 bytes')
  return withModule(module, (pkcs11) => {
    const chosen = tokensOf(pkcs11).find(({ listed, isInitialised }) =>
      slot === undefined ? !isInitialised : String(listed.slot) === slot,
    )
    if (!chosen)
      throw new MortiseError(
        'MORTISE_HSM_TOKEN_NOT_FOUND',
        slot === undefined
          ? 'every token is initialised: name the slot of one that is to be emptied'
          : `there is no token in slot ${slot}`,
      )
    pkcs11.C_InitToken(chosen.handle, officer, label.padEnd(longestLabel))
    // SoftHSM puts a new token into another slot.
    const made = tokensOf(pkcs11).find(({ listed }) => listed.label === label)
    if (!made) throw new MortiseError('MORTISE_HSM_REFUSED', 'the token was initialised, and is not there')
    const session = pkcs11.C_OpenSession(made.handle, readWrite)
    try {
      pkcs11.C_Login(session, securityOfficer, officer)
      pkcs11.C_InitPIN(session, user)
      pkcs11.C_Logout(session)
    } finally {
      pkcs11.C_CloseSession(session)
    }
    return made.listed
  })
}

type Pkcs11 = import('pkcs11js').PKCS11

async function withModule<Answer>(module: string, work: (pkcs11: Pkcs11) => Answer): Promise<Answer> {
  const library = await import('pkcs11js').catch((cause) => {
    throw new MortiseError(
      'MORTISE_HSM_MODULE',
      'the package pkcs11js is not installed: npm install pkcs11js',
      { cause },
    )
  })
  const pkcs11 = new library.default.PKCS11()
  try {
    pkcs11.load(module)
    pkcs11.C_Initialize({ flags: lockingByOs })
  } catch (cause) {
    throw new MortiseError('MORTISE_HSM_MODULE', `${module}: ${(cause as Error).message}`, { cause })
  }
  try {
    return work(pkcs11)
  } catch (cause) {
    if (cause instanceof library.default.Pkcs11Error)
      throw new MortiseError('MORTISE_HSM_REFUSED', cause.message, { cause })
    throw cause
  } finally {
    pkcs11.C_Finalize()
  }
}

function tokensOf(pkcs11: Pkcs11) {
  return pkcs11.C_GetSlotList(true).map((handle) => {
    const { label, serialNumber, manufacturerID, model, flags } = pkcs11.C_GetTokenInfo(handle)
    const isInitialised = (flags & flagsNamed.initialised) !== 0
    const state = !isInitialised
      ? 'not initialised'
      : flags & flagsNamed.pinLocked
        ? 'PIN locked'
        : flags & flagsNamed.pinCountLow
          ? 'a wrong PIN was tried'
          : 'ready'
    const listed: ListedToken = {
      slot: slotNumber(handle),
      label: label.trim(),
      serial: serialNumber.trim(),
      manufacturer: manufacturerID.trim(),
      model: model.trim(),
      state,
    }
    return { handle, isInitialised, listed }
  })
}

/** A CK_SLOT_ID as it lies in memory. */
function slotNumber(handle: Buffer): number {
  return handle.length === 8 ? Number(handle.readBigUInt64LE()) : handle.readUInt32LE()
}
