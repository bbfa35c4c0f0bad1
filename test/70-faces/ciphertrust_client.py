"""A client of CipherTrust Manager as automation platforms write one, on the requests library of Debian.

Every command logs in anew. Reads one command a line from standard input, {"command", "arguments"}, and answers with one line:
{"result"}, or {"error"} with the text that its user would see.
"""

import json
import sys
from datetime import datetime
from urllib.parse import quote

import requests

DATES = ('%Y-%m-%dT%H:%M:%S.%fZ', '%Y-%m-%dT%H:%M:%SZ')
USER_DATES = ('created_at', 'updated_at', 'expires_at', 'last_login', 'last_failed_login_at', 'password_changed_at')


class Failure(Exception):
    pass


class Client:
    def __init__(self, server, username, password):
        self.base = server.rstrip('/') + '/api/v1'
        self.username, self.password = username, password
        self.headers = {}

    def log_in(self):
        body = {'grant_type': 'password', 'username': self.username, 'password': self.password}
        self.headers = {}
        token = self.call('POST', '/auth/tokens', body=body)['jwt']
        self.headers = {'accept': 'application/json', 'Authorization': f'Bearer {token}'}

    def call(self, method, path, params=None, body=None, empty=False, data=None):
        """An empty answer counts as success with 204 alone; whatever else is not JSON is a failure."""
        response = requests.request(
            method, self.base + path, headers=self.headers, params=params, json=body, data=data, timeout=60,
            allow_redirects=False)
        if response.is_redirect:
            raise Failure(f'redirected to {response.headers["location"]}')
        if response.status_code >= 400:
            try:
                reason = json.dumps(response.json())
            except ValueError:
                reason = response.text
            raise Failure(f'Error in API call [{response.status_code}] - {response.reason}\n{reason}')
        if empty and response.status_code == 204:
            if response.content:
                raise Failure('204 with a body')
            return None
        try:
            answer = response.json()
        except ValueError as error:
            raise Failure(f'Failed to parse json object from response: {response.content!r}') from error
        if not isinstance(answer, dict):
            raise Failure('the answer is no object')
        return answer


def given(**arguments):
    """Without what is empty; false and 0 are something."""
    return {name: value for name, value in arguments.items() if value not in (None, '', [], {}) or value is False or value == 0}


def page(arguments):
    size = arguments.get('page_size', 50)
    return {'skip': (arguments.get('page', 1) - 1) * size, 'limit': size}


def parsed(text):
    if not text:
        return ''
    for form in DATES:
        try:
            return datetime.strptime(text, form).strftime('%d %b %Y, %H:%M')
        except ValueError:
            continue
    raise Failure(f'{text} is not a date')


def group_row(group):
    """As it is put into a table: what is read as an object must be one, or be absent."""
    return {
        'name': group.get('name'),
        'system': group.get('app_metadata', {}).get('system', False),
        'count': group.get('users_count'),
        'description': group.get('description'),
    }


def user_row(user):
    return {**{name: user.get(name) for name in ('username', 'name', 'email', 'user_id', 'logins_count')},
            **{name: parsed(user.get(name)) for name in USER_DATES},
            'password_change_required': user.get('password_change_required')}


def group_path(name):
    return f'/usermgmt/groups/{quote(name)}'


def user_fields(a):
    return given(
        name=a.get('name'), username=a.get('username'), password=a.get('password'), email=a.get('email'),
        certificate_subject_dn=a.get('certificate_subject_dn'), login_flags=given(prevent_ui_login=a.get('prevent_ui_login')),
        password_change_required=a.get('password_change_required'), password_policy=a.get('password_policy')) | {
            name: a[name] for name in ('allowed_auth_methods', 'allowed_client_types', 'expires_at') if name in a}


def test_module(client, _):
    return client.call('GET', '/usermgmt/groups/')


def group_list(client, a):
    params = page(a) | given(name=a.get('group_name'), users=a.get('user_id'), connection=a.get('connection'),
                             clients=a.get('client_id'))
    answer = client.call('GET', '/usermgmt/groups/', params=params)
    first = answer['skip'] + 1
    title = f'{first} to {answer["skip"] + len(answer["resources"])} of {answer["total"]} Groups'
    return {'raw': answer, 'title': title, 'rows': [group_row(group) for group in answer['resources']]}


def group_create(client, a):
    return client.call('POST', '/usermgmt/groups/', body=given(name=a['name'], description=a.get('description')))


def group_delete(client, a):
    return client.call('DELETE', group_path(a['group_name']), body=given(force=a.get('force')), empty=True)


def group_update(client, a):
    body = given(name=a.get('new_group_name'), description=a.get('description'))
    return client.call('PATCH', group_path(a['group_name']), body=body)


def user_to_group_add(client, a):
    return client.call('POST', f'{group_path(a.get("group_name", "Key Users"))}/users/{a["user_id"]}')


def user_to_group_remove(client, a):
    return client.call('DELETE', f'{group_path(a["group_name"])}/users/{a["user_id"]}', empty=True)


def users_list(client, a):
    if 'user_id' in a:
        user = client.call('GET', f'/usermgmt/users/{a["user_id"]}')
        return {'raw': user, 'rows': [user_row(user)]}
    filters = ('name', 'username', 'email', 'groups', 'exclude_groups', 'auth_domain_name', 'account_expired',
               'allowed_auth_methods', 'allowed_client_types', 'password_policy', 'return_groups')
    answer = client.call('GET', '/usermgmt/users/', params=page(a) | given(**{name: a.get(name) for name in filters}))
    return {'raw': answer, 'rows': [user_row(user) for user in answer['resources']]}


def user_create(client, a):
    more = given(user_id=a.get('user_id'), connection=a.get('connection'), is_domain_user=a.get('is_domain_user'))
    return client.call('POST', '/usermgmt/users/', body=user_fields(a) | more)


def user_update(client, a):
    body = user_fields(a) | given(failed_logins_count=a.get('failed_logins_count'))
    return client.call('PATCH', f'/usermgmt/users/{a["user_id"]}', body=body)


def user_delete(client, a):
    return client.call('DELETE', f'/usermgmt/users/{a["user_id"]}', empty=True)


def user_password_change(client, a):
    body = given(username=a['username'], password=a['password'], new_password=a['new_password'], auth_domain=a.get('auth_domain'))
    return client.call('PATCH', '/auth/changepw', body=body, empty=True)


def file_of(text):
    """As it is read from a file: what was written as \\n is a new line."""
    return text.replace('\\n', '\n')


def written(answer):
    """What goes into files, where it is there: it must be text, then."""
    return {name: answer[name].encode().decode() for name in ('csr', 'cert', 'key') if name in answer}


def authority_row(authority):
    purpose = authority.get('purpose', {})
    return {
        **{name: authority.get(name) for name in ('name', 'subject', 'serialNumber', 'state', 'sha1Fingerprint')},
        **{name: parsed(authority.get(name)) for name in ('notBefore', 'notAfter', 'createdAt')},
        'client_authentication': purpose.get('client_authentication'),
        'user_authentication': purpose.get('user_authentication'),
    }


def request_fields(a):
    return given(
        cn=a['cn'], algorithm=a.get('algorithm'), dnsNames=a.get('dns_names'), emailAddresses=a.get('email'),
        ipAddresses=a.get('ip'), name=a.get('name'), names=a.get('name_fields'), size=a.get('size'))


def validity(a):
    return given(duration=a.get('duration', 365), notAfter=a.get('not_after'), notBefore=a.get('not_before'))


def listed(client, path, a, filters):
    answer = client.call('GET', path, params=page(a) | given(**{name: a.get(name) for name in filters}))
    return {'raw': answer, 'rows': [authority_row(one) for one in answer['resources']]}


def local_ca_create(client, a):
    answer = client.call('POST', '/ca/local-cas/', body=request_fields(a) | given(copy_from_ca=a.get('copy_from_ca')))
    return {'raw': answer, 'files': written(answer)}


def local_ca_list(client, a):
    if 'local_ca_id' not in a:
        return listed(client, '/ca/local-cas/', a, ('subject', 'issuer', 'state', 'cert'))
    answer = client.call('GET', f'/ca/local-cas/{a["local_ca_id"]}', params=given(chained=a.get('chained')))
    return {'raw': answer, 'files': written(answer), 'rows': [authority_row(answer)]}


def local_ca_update(client, a):
    params = given(allow_client_authentication=a.get('allow_client_authentication'),
                   allow_user_authentication=a.get('allow_user_authentication'))
    return client.call('PATCH', f'/ca/local-cas/{a["local_ca_id"]}', params=params)


def local_ca_delete(client, a):
    return client.call('DELETE', f'/ca/local-cas/{a["local_ca_id"]}', empty=True)


def local_ca_self_sign(client, a):
    answer = client.call('POST', f'/ca/local-cas/{a["local_ca_id"]}/self-sign', body=validity(a))
    return {'raw': answer, 'files': written(answer)}


def local_ca_install(client, a):
    body = given(cert=file_of(a['cert']), parentId=a['parent_id'])
    return client.call('POST', f'/ca/local-cas/{a["local_ca_id"]}/install', body=body)


def certificate_issue(client, a):
    body = given(csr=file_of(a['csr']), purpose=a['purpose'], name=a.get('name')) | validity(a)
    answer = client.call('POST', f'/ca/local-cas/{a["ca_id"]}/certs', body=body)
    return {'raw': answer, 'files': written(answer)}


def certificate_list(client, a):
    return listed(client, f'/ca/local-cas/{a["ca_id"]}/certs', a, ('subject', 'issuer', 'cert', 'id'))


def local_certificate_delete(client, a):
    return client.call('DELETE', f'/ca/local-cas/{a["ca_id"]}/certs/{a["cert_id"]}', empty=True)


def certificate_revoke(client, a):
    path = f'/ca/local-cas/{a["ca_id"]}/certs/{a["cert_id"]}/revoke'
    return client.call('POST', path, body=given(reason=a['reason']))


def certificate_resume(client, a):
    return client.call('POST', f'/ca/local-cas/{a["ca_id"]}/certs/{a["cert_id"]}/resume')


def external_ca_upload(client, a):
    return client.call('POST', '/ca/external-cas/', body=given(
        cert=file_of(a['cert']), name=a.get('name'), parent=a.get('parent')))


def external_ca_list(client, a):
    if 'external_ca_id' not in a:
        return listed(client, '/ca/external-cas/', a, ('subject', 'issuer', 'serialNumber', 'cert'))
    return {'raw': client.call('GET', f'/ca/external-cas/{a["external_ca_id"]}')}


def external_ca_update(client, a):
    body = given(allow_client_authentication=a.get('allow_client_authentication'),
                 allow_user_authentication=a.get('allow_user_authentication'))
    return client.call('PATCH', f'/ca/external-cas/{a["external_ca_id"]}', body=body)


def external_ca_delete(client, a):
    return client.call('DELETE', f'/ca/external-cas/{a["external_ca_id"]}', empty=True)


def csr_generate(client, a):
    more = given(encryptionAlgo=a.get('encryption_algo'), password=a.get('password'), privateKeyBytes=a.get('private_key_bytes'))
    return written(client.call('POST', '/ca/csr', body=request_fields(a) | more))


def request(client, a):
    """Any call, as scripts make them: parameters of the query as Python writes them, a body as JSON or as it is."""
    data = a['data'].encode() if 'data' in a else None
    return client.call(a['method'], a['path'], params=a.get('params'), body=a.get('body'), data=data,
                       empty=a['method'] == 'DELETE')


COMMANDS = {command.__name__: command for command in (
    test_module, group_list, group_create, group_delete, group_update, user_to_group_add, user_to_group_remove, users_list,
    user_create, user_update, user_delete, user_password_change, local_ca_create, local_ca_list, local_ca_update,
    local_ca_delete, local_ca_self_sign, local_ca_install, certificate_issue, certificate_list, local_certificate_delete,
    certificate_revoke, certificate_resume, external_ca_upload, external_ca_list, external_ca_update, external_ca_delete,
    csr_generate, request)}


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        client = Client(asked['server'], asked['username'], asked['password'])
        try:
            client.log_in()
            answer = {'result': COMMANDS[asked['command']](client, asked['arguments'])}
        except Failure as failure:
            answer = {'error': str(failure)}
        print(json.dumps(answer), flush=True)


main()
