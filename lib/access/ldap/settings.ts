import { MortiseError } from '../../errors/index.js'
import { authoritiesOf } from '../authorities.js'
import { isThisMachine, type LdapSettings } from '../connection_settings.js'
import { normalDistinguishedName } from '../distinguished_name.js'
import { requireFilter } from './filter.js'
import { filledName } from './name.js'

/**
 * What settings must be together.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export function requireUsable(settings: LdapSettings, secret: string | null): void {
  const { url, startTls, insecurePlaintext, bindDn, userBase, userDn, userFilter, groupFilter } = settings
  const { protocol, hostname, username, pathname, search, hash } = new URL(url)
  if (hostname === '' || username !== '' || !['', '/'].includes(pathname) || search !== '' || hash !== '') {
    throw invalid('url must be a scheme, a host and perhaps a port, and nothing else')
  }
  if (protocol === 'ldap:' && !startTls && !insecurePlaintext && !isThisMachine(hostname)) {
    throw invalid(
      'without TLS whoever is on the way reads every password: use ldaps: or startTls, or say insecurePlaintext',
    )
  }
  if ((userBase === null) === (userDn === null)) {
    throw invalid(
      'give userBase, below which people are searched for, or userDn, which is made of their name',
    )
  }
  if (userDn === null) requireFilter('userFilter', userFilter, ['username'])
  else {
    if (!userDn.includes('{username}')) throw invalid('userDn must have {username} in it')
    normalDistinguishedName(filledName(userDn, 'somebody'))
    if (bindDn !== null)
      throw invalid('with userDn people are looked at as they themselves: leave out bindDn')
  }
  if (bindDn !== null && (secret === null || secret === '')) {
    throw invalid('bindDn needs its password, the secret of the connection')
  }
  if (settings.authorities !== null) authoritiesOf('authorities', settings.authorities)
  requireFilter('groupFilter', groupFilter, ['dn', 'username'])
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
