"""Who may do what to whose: the status of every route for every role and thing (T-32). What is not listed here fails.

Roles:
    nobody      sends no token
    account     logged in by SMS code, identity not proved
    stranger    verified, has to do with none of the things
    member      verified, member of the own and of the deleted book, inspector of the own place
    chief       verified, member and administrator of the whole own book, registrar of the own place
    head        verified, member and administrator of a department of the own book
    former      verified, was a member of the own book and left
    owner       verified, opened the own and the deleted book, and the own and the closed place
    other       verified, opened the foreign book and the foreign place
    stale       the owner, whose last SMS code is sixteen minutes old
    erased      sends the token of somebody who was erased
    officer     verified, named health officer; otherwise as a stranger, where a line does not say
    source      a registered source that signs; otherwise as nobody, where a line does not say
    kiosk       a kiosk of the own place, with its credentials; otherwise as nobody, where a line does not say

Things:
    -           the route names none
    own         the owner's book, its code, its member, the head's department; or what is the caller's: a code, a document
    (of a place: a gate that the chief runs as registrar, the member's role, and that the own book is asked to bind it)
    own         the owner's book and place, its code, its member, the head's department, the member's visit; or what is the
                caller's: a code, a document
    foreign     the same of the other owner; or what is somebody else's
    deleted     the same of a book that the owner deleted; its sweep has not run
    never       nothing that ever was, in a form that could be
    forged      a code with one changed character
    left        the own book, and the id of a member who left
    mixed       the own book, and the id of a member, department, code or export of the foreign one
    below       the own book, and a member, a code or a department below the head's department
    beside      the own book, and a department beside the head's
    chief, head the own book, and the role of that administrator
"""

from dataclasses import dataclass

ROLES = (
    "nobody", "account", "stranger", "member", "chief", "head", "former", "owner", "other", "stale",
    "erased", "officer", "source", "kiosk",
)  # fmt: skip
ALIKE = {"officer": "stranger", "source": "nobody", "kiosk": "nobody"}
"""The last roles, which most lines leave out, and as whom they are treated there."""

TABLE = """
route                                                          thing    nobody account stranger member chief head former owner other stale erased officer source kiosk

GET    /                                                       -           302     302      302    302   302  302    302   302   302   302    302
GET    /health                                                 -           200     200      200    200   200  200    200   200   200   200    200
GET    /docs                                                   -           200     200      200    200   200  200    200   200   200   200    200
GET    /screen                                                 -           200     200      200    200   200  200    200   200   200   200    200
GET    /openapi.json                                           -           200     200      200    200   200  200    200   200   200   200    200
GET    /static/{name}                                          own         200     200      200    200   200  200    200   200   200   200    200
GET    /static/{name}                                          never       404     404      404    404   404  404    404   404   404   404    404
GET    /v1/city                                                -           200     200      200    200   200  200    200   200   200   200    200
GET    /v1/city/statistics                                     -           200     200      200    200   200  200    200   200   200   200    200
GET    /.well-known/jwks.json                                  -           200     200      200    200   200  200    200   200   200   200    200

POST   /v1/auth/codes                                          -           202     202      202    202   202  202    202   202   202   202    202
POST   /v1/auth/sessions                                       own         201     201      201    201   201  201    201   201   201   201    201
POST   /v1/auth/sessions                                       foreign     401     401      401    401   401  401    401   401   401   401    401
POST   /v1/auth/sessions                                       never       401     401      401    401   401  401    401   401   401   401    401
DELETE /v1/auth/sessions                                       -           401     204      204    204   204  204    204   204   204   204    401
DELETE /v1/auth/sessions/current                               -           401     204      204    204   204  204    204   204   204   204    401
POST   /v1/auth/sessions/current/step-up                       own         401     204      204    204   204  204    204   204   204   204    401
POST   /v1/auth/sessions/current/step-up                       foreign     401     401      401    401   401  401    401   401   401   401    401
POST   /v1/auth/sessions/current/step-up                       never       401     401      401    401   401  401    401   401   401   401    401

GET    /v1/me                                                  -           401     200      200    200   200  200    200   200   200   200    401
DELETE /v1/me                                                  -           401     204      204    204   204  204    204   409   409   401    401
PUT    /v1/me/identity                                         own         401     200      200    200   200  200    200   200   200   401    401
PUT    /v1/me/identity                                         foreign     401     403      403    403   403  403    403   403   403   401    401
PUT    /v1/me/identity                                         never       401     403      403    403   403  403    403   403   403   401    401
GET    /v1/me/consents                                         -           401     403      200    200   200  200    200   200   200   200    401
GET    /v1/me/certificates                                     -           401     403      200    200   200  200    200   200   200   200    401
GET    /v1/me/access-log                                       -           401     403      200    200   200  200    200   200   200   200    401
GET    /v1/me/health-code/qr                                   -           401     403      200    200   200  200    200   200   200   200    401
POST   /v1/passes/verify                                       own         401     403      200    200   200  200    200   200   200   200    401
POST   /v1/passes/verify                                       foreign     401     403      200    200   200  200    200   200   200   200    401
POST   /v1/passes/verify                                       never       401     403      422    422   422  422    422   422   422   422    401
GET    /v1/me/paper-passes                                     -           401     403     200     200     200     200     200     200     200     200     401
POST   /v1/me/paper-passes                                     -           401     403     201     201     201     201     201     201     201     201     401
DELETE /v1/me/paper-passes/{paper_id}                          own         401     403     204     204     204     204     204     204     204     204     401
DELETE /v1/me/paper-passes/{paper_id}                          foreign     401     403     404     404     404     404     404     404     404     404     401
DELETE /v1/me/paper-passes/{paper_id}                          never       401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/paper-passes/{paper_id}/qr                       own         401     403     200     200     200     200     200     200     200     200     401
GET    /v1/me/paper-passes/{paper_id}/qr                       foreign     401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/paper-passes/{paper_id}/qr                       never       401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/declarations                                     -           401     403     200     200     200     200     200     200     200     200     401
POST   /v1/me/declarations                                     -           401     403     201     201     201     201     201     201     201     201     401
GET    /v1/me/dependants                                       -           401     403     200     200     200     200     200     200     200     200     401
POST   /v1/me/dependants                                       -           401     403     201     201     201     201     201     201     201     201     401
POST   /v1/me/dependants/codes                                 -           401     403     202     202     202     202     202     202     202     202     401
GET    /v1/me/dependants/{dependant_id}/health-code            own         401     403     200     200     200     200     200     200     200     200     401
GET    /v1/me/dependants/{dependant_id}/health-code            foreign     401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/dependants/{dependant_id}/health-code            never       401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/dependants/{dependant_id}/health-code/qr         own         401     403     200     200     200     200     200     200     200     200     401
GET    /v1/me/dependants/{dependant_id}/health-code/qr         foreign     401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/dependants/{dependant_id}/health-code/qr         never       401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/dependants/{dependant_id}/memberships            own         401     403     200     200     200     200     200     200     200     200     401
GET    /v1/me/dependants/{dependant_id}/memberships            foreign     401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/dependants/{dependant_id}/memberships            never       401     403     404     404     404     404     404     404     404     404     401
DELETE /v1/me/dependants/{dependant_id}/memberships/{org_id}   own         401     403     204     204     204     204     204     204     204     204     401
DELETE /v1/me/dependants/{dependant_id}/memberships/{org_id}   foreign     401     403     404     404     404     404     404     404     404     404     401
DELETE /v1/me/dependants/{dependant_id}/memberships/{org_id}   never       401     403     404     404     404     404     404     404     404     404     401
PUT    /v1/me/dependants/{dependant_id}/memberships/{org_id}/consent own         401     403     200     200     200     200     200     200     200     200     401
PUT    /v1/me/dependants/{dependant_id}/memberships/{org_id}/consent foreign     401     403     404     404     404     404     404     404     404     404     401
PUT    /v1/me/dependants/{dependant_id}/memberships/{org_id}/consent never       401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/guardians                                        -           401     403     200     200     200     200     200     200     200     200     401
DELETE /v1/me/dependants/{dependant_id}                        own         401     403     204     204     204     204     204     204     204     204     401
DELETE /v1/me/dependants/{dependant_id}                        foreign     401     403     404     404     404     404     404     404     404     404     401
DELETE /v1/me/dependants/{dependant_id}                        never       401     403     404     404     404     404     404     404     404     404     401
DELETE /v1/me/guardians/{guardian_id}                          own         401     403     204     204     204     204     204     204     204     204     401
DELETE /v1/me/guardians/{guardian_id}                          foreign     401     403     404     404     404     404     404     404     404     404     401
DELETE /v1/me/guardians/{guardian_id}                          never       401     403     404     404     404     404     404     404     404     404     401
GET    /v1/me/channels                                         -           401     403      200    200   200  200    200   200   200   200    401
PUT    /v1/me/channels                                         -           401     403      200    200   200  200    200   200   200   200    401
PUT    /v1/me/channels/email                                   -           401     403      200    200   200  200    200   200   200   200    401
DELETE /v1/me/channels/email                                   -           401     403      204    204   204  204    204   204   204   204    401

GET    /v1/organizations                                       -           401     403      200    200   200  200    200   200   200   200    401
POST   /v1/organizations                                       -           401     403      201    201   201  201    201   201   201   201    401
GET    /v1/organizations/{org_id}                              own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}                              foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}                              deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}                              never       401     403      404    404   404  404    404   404   404   404    401
PATCH  /v1/organizations/{org_id}                              own         401     403      403    403   403  403    403   200   403   200    401
PATCH  /v1/organizations/{org_id}                              foreign     401     403      403    403   403  403    403   403   200   403    401
PATCH  /v1/organizations/{org_id}                              deleted     401     403      404    404   404  404    404   404   404   404    401
PATCH  /v1/organizations/{org_id}                              never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}                              own         401     403      403    403   403  403    403   204   403   401    401
DELETE /v1/organizations/{org_id}                              foreign     401     403      403    403   403  403    403   403   204   403    401
DELETE /v1/organizations/{org_id}                              deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}                              never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/owner                        own         401     403      403    403   403  403    403   200   403   401    401
POST   /v1/organizations/{org_id}/owner                        foreign     401     403      403    403   403  403    403   403   200   403    401
POST   /v1/organizations/{org_id}/owner                        deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/owner                        never       401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/organizations/{org_id}/owner                        own         401     403      403    403   403  403    403   200   403   401    401
PUT    /v1/organizations/{org_id}/owner                        foreign     401     403      403    403   403  403    403   403   200   403    401
PUT    /v1/organizations/{org_id}/owner                        deleted     401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/organizations/{org_id}/owner                        never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/owner                        own         401     403      403    204   204  204    403   204   403   204    401
DELETE /v1/organizations/{org_id}/owner                        foreign     401     403      403    403   403  403    403   403   204   403    401
DELETE /v1/organizations/{org_id}/owner                        deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/owner                        never       401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/organizations/{org_id}/roster                       own         401     403      403    403   200  200    403   200   403   200    401
PUT    /v1/organizations/{org_id}/roster                       foreign     401     403      403    403   403  403    403   403   200   403    401
PUT    /v1/organizations/{org_id}/roster                       deleted     401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/organizations/{org_id}/roster                       never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/roster                       own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/roster                       foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/roster                       deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/roster                       never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/roster/removal               own         401     403      403    403   200  200    403   200   403   200    401
POST   /v1/organizations/{org_id}/roster/removal               foreign     401     403      403    403   403  403    403   403   200   403    401
POST   /v1/organizations/{org_id}/roster/removal               deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/roster/removal               never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/invitations                  own         401     403      403    403   201  201    403   201   403   201    401
POST   /v1/organizations/{org_id}/invitations                  foreign     401     403      403    403   403  403    403   403   201   403    401
POST   /v1/organizations/{org_id}/invitations                  deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/invitations                  never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/alerts                       own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/alerts                       foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/alerts                       deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/alerts                       never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/alerts/{alert_id}/acknowledge own         401     403      403    403   204  204    403   204   403   204    401
POST   /v1/organizations/{org_id}/alerts/{alert_id}/acknowledge foreign     401     403      403    403   403  403    403   403   204   403    401
POST   /v1/organizations/{org_id}/alerts/{alert_id}/acknowledge mixed       401     403      403    403   404  404    403   404   403   404    401
POST   /v1/organizations/{org_id}/alerts/{alert_id}/acknowledge deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/alerts/{alert_id}/acknowledge never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/members                      own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/members                      foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/members                      deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/members                      never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/members/{member_id}          own         401     403      403    403   204  404    403   204   403   204    401
DELETE /v1/organizations/{org_id}/members/{member_id}          foreign     401     403      403    403   403  403    403   403   204   403    401
DELETE /v1/organizations/{org_id}/members/{member_id}          mixed       401     403      403    403   404  404    403   404   403   404    401
DELETE /v1/organizations/{org_id}/members/{member_id}          left        401     403      403    403   404  404    403   404   403   404    401
DELETE /v1/organizations/{org_id}/members/{member_id}          deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/members/{member_id}          never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/invitations                  own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/invitations                  foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/invitations                  deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/invitations                  never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/invitations/{invitation_id}  own         401     403      403    403   200  404    403   200   403   200    401
GET    /v1/organizations/{org_id}/invitations/{invitation_id}  below       401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/invitations/{invitation_id}  foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/invitations/{invitation_id}  mixed       401     403      403    403   404  404    403   404   403   404    401
GET    /v1/organizations/{org_id}/invitations/{invitation_id}  deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/invitations/{invitation_id}  never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/invitations/{invitation_id}  own         401     403      403    403   204  404    403   204   403   204    401
DELETE /v1/organizations/{org_id}/invitations/{invitation_id}  below       401     403      403    403   204  204    403   204   403   204    401
DELETE /v1/organizations/{org_id}/invitations/{invitation_id}  foreign     401     403      403    403   403  403    403   403   204   403    401
DELETE /v1/organizations/{org_id}/invitations/{invitation_id}  mixed       401     403      403    403   404  404    403   404   403   404    401
DELETE /v1/organizations/{org_id}/invitations/{invitation_id}  deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/invitations/{invitation_id}  never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/statistics                   own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/statistics                   foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/statistics                   deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/statistics                   never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/departments                  own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/departments                  foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/departments                  deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/departments                  never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/departments                  own         401     403      403    403   201  201    403   201   403   201    401
POST   /v1/organizations/{org_id}/departments                  foreign     401     403      403    403   403  403    403   403   201   403    401
POST   /v1/organizations/{org_id}/departments                  deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/departments                  never       401     403      404    404   404  404    404   404   404   404    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  own         401     403      403    403   200  403    403   200   403   200    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  below       401     403      403    403   200  200    403   200   403   200    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  beside      401     403      403    403   200  404    403   200   403   200    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  foreign     401     403      403    403   403  403    403   403   200   403    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  mixed       401     403      403    403   404  404    403   404   403   404    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  deleted     401     403      404    404   404  404    404   404   404   404    401
PATCH  /v1/organizations/{org_id}/departments/{department_id}  never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  own         401     403      403    403   409  403    403   409   403   409    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  below       401     403      403    403   204  204    403   204   403   204    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  beside      401     403      403    403   204  404    403   204   403   204    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  foreign     401     403      403    403   403  403    403   403   204   403    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  mixed       401     403      403    403   404  404    403   404   403   404    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/departments/{department_id}  never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/admins                       own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/admins                       foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/admins                       deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/admins                       never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/admins                       own         401     403      403    403   403  403    403   201   403   201    401
POST   /v1/organizations/{org_id}/admins                       foreign     401     403      403    403   403  403    403   403   201   403    401
POST   /v1/organizations/{org_id}/admins                       deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/admins                       never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           own         401     403      403    403   403  403    403   404   403   404    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           head        401     403      403    403   403  204    403   204   403   204    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           chief       401     403      403    403   204  403    403   204   403   204    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           foreign     401     403      403    403   403  403    403   403   404   403    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           mixed       401     403      403    403   403  403    403   404   403   404    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/admins/{member_id}           never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/export                       own         401     403      403    403   200  200    403   200   403   401    401
GET    /v1/organizations/{org_id}/export                       foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/export                       deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/export                       never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/exports                      own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/exports                      foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/exports                      deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/exports                      never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/exports                      own         401     403      403    403   201  201    403   201   403   401    401
POST   /v1/organizations/{org_id}/exports                      foreign     401     403      403    403   403  403    403   403   201   403    401
POST   /v1/organizations/{org_id}/exports                      deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/exports                      never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/exports/{export_id}          own         401     403      403    403   404  404    403   200   403   401    401
GET    /v1/organizations/{org_id}/exports/{export_id}          foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/exports/{export_id}          mixed       401     403      403    403   404  404    403   404   403   401    401
GET    /v1/organizations/{org_id}/exports/{export_id}          deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/exports/{export_id}          never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/members/{member_id}          below       401     403      403    403   204  204    403   204   403   204    401
GET    /v1/organizations/{org_id}/members/{member_id}          own         401     403      403    403   200  404    403   200   403   200    401
GET    /v1/organizations/{org_id}/members/{member_id}          below       401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/members/{member_id}          foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/members/{member_id}          mixed       401     403      403    403   404  404    403   404   403   404    401
GET    /v1/organizations/{org_id}/members/{member_id}          left        401     403      403    403   404  404    403   404   403   404    401
GET    /v1/organizations/{org_id}/members/{member_id}          deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/members/{member_id}          never       401     403      404    404   404  404    404   404   404   404    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          own         401     403      403    403   200  404    403   200   403   200    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          below       401     403      403    403   200  200    403   200   403   200    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          foreign     401     403      403    403   403  403    403   403   200   403    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          mixed       401     403      403    403   404  404    403   404   403   404    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          left        401     403      403    403   404  404    403   404   403   404    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          deleted     401     403      404    404   404  404    404   404   404   404    401
PATCH  /v1/organizations/{org_id}/members/{member_id}          never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/members/search               own         401     403      403    403   200  200    403   200   403   200    401
POST   /v1/organizations/{org_id}/members/search               foreign     401     403      403    403   403  403    403   403   200   403    401
POST   /v1/organizations/{org_id}/members/search               deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/members/search               never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/members/removal              own         401     403      403    403   200  200    403   200   403   200    401
POST   /v1/organizations/{org_id}/members/removal              foreign     401     403      403    403   403  403    403   403   200   403    401
POST   /v1/organizations/{org_id}/members/removal              deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/organizations/{org_id}/members/removal              never       401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/policies                     own         401     403      403    403   200  200    403   200   403   200    401
GET    /v1/organizations/{org_id}/policies                     foreign     401     403      403    403   403  403    403   403   200   403    401
GET    /v1/organizations/{org_id}/policies                     deleted     401     403      404    404   404  404    404   404   404   404    401
GET    /v1/organizations/{org_id}/policies                     never       401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/organizations/{org_id}/policies                     own         401     403      403    403   200  200    403   200   403   200    401
PUT    /v1/organizations/{org_id}/policies                     foreign     401     403      403    403   403  403    403   403   200   403    401
PUT    /v1/organizations/{org_id}/policies                     deleted     401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/organizations/{org_id}/policies                     never       401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/policies                     own         401     403      403    403   204  204    403   204   403   204    401
DELETE /v1/organizations/{org_id}/policies                     foreign     401     403      403    403   403  403    403   403   204   403    401
DELETE /v1/organizations/{org_id}/policies                     deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/organizations/{org_id}/policies                     never       401     403      404    404   404  404    404   404   404   404    401

GET    /c/{code}                                               own         200     200      200    200   200  200    200   200   200   200    200
GET    /c/{code}                                               foreign     200     200      200    200   200  200    200   200   200   200    200
GET    /c/{code}                                               deleted     404     404      404    404   404  404    404   404   404   404    404
GET    /c/{code}                                               never       404     404      404    404   404  404    404   404   404   404    404
GET    /c/{code}                                               forged      404     404      404    404   404  404    404   404   404   404    404
GET    /c/{code}/print                                         own         200     200      200    200   200  200    200   200   200   200    200
GET    /c/{code}/print                                         foreign     200     200      200    200   200  200    200   200   200   200    200
GET    /c/{code}/print                                         deleted     404     404      404    404   404  404    404   404   404   404    404
GET    /c/{code}/print                                         never       404     404      404    404   404  404    404   404   404   404    404
GET    /c/{code}/print                                         forged      404     404      404    404   404  404    404   404   404   404    404
GET    /v1/invitations/{code}                                  own         200     200      200    200   200  200    200   200   200   200    200
GET    /v1/invitations/{code}                                  foreign     200     200      200    200   200  200    200   200   200   200    200
GET    /v1/invitations/{code}                                  deleted     404     404      404    404   404  404    404   404   404   404    404
GET    /v1/invitations/{code}                                  never       404     404      404    404   404  404    404   404   404   404    404
GET    /v1/invitations/{code}                                  forged      404     404      404    404   404  404    404   404   404   404    404
POST   /v1/invitations/{code}/join                             own         401     403      201    200   200  200    201   201   201   201    401
POST   /v1/invitations/{code}/join                             foreign     401     403      201    201   201  201    201   201   201   201    401
POST   /v1/invitations/{code}/join                             deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/invitations/{code}/join                             never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/invitations/{code}/join                             forged      401     404      404    404   404  404    404   404   404   404    404

POST   /v1/checkins                                            -           401     403      201    201   201  201    201   201   201   201    401
GET    /v1/me/checkins                                         -           401     403      200    200   200  200    200   200   200   200    401
POST   /v1/checkins/{checkin_id}/checkout                      own         401     403      404    204   404  404    404   404   404   404    401
POST   /v1/checkins/{checkin_id}/checkout                      foreign     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/checkins/{checkin_id}/checkout                      never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/places/{place_id}/checkins                          own         401     403      403    201   422  403    403   201   403   201    401
POST   /v1/places/{place_id}/checkins                          foreign     401     403      403    403   403  403    403   403   201   403    401
POST   /v1/places/{place_id}/checkins                          deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/places/{place_id}/checkins                          never       401     403      404    404   404  404    404   404   404   404    401
POST   /v1/places/{place_id}/checkins/{checkin_id}/checkout    own         401     403      403    204   204  403    403   204   403   204    401
POST   /v1/places/{place_id}/checkins/{checkin_id}/checkout    foreign     401     403      403    403   403  403    403   403   204   403    401
POST   /v1/places/{place_id}/checkins/{checkin_id}/checkout    mixed       401     403      403    404   404  403    403   404   403   404    401
POST   /v1/places/{place_id}/checkins/{checkin_id}/checkout    deleted     401     403      404    404   404  404    404   404   404   404    401
POST   /v1/places/{place_id}/checkins/{checkin_id}/checkout    never       401     403      404    404   404  404    404   404   404   404    401

GET    /v1/me/memberships                                      -           401     403      200    200   200  200    200   200   200   200    401
DELETE /v1/me/memberships/{org_id}                             own         401     403      404    204   204  204    404   404   404   404    401
DELETE /v1/me/memberships/{org_id}                             foreign     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/me/memberships/{org_id}                             deleted     401     403      404    404   404  404    404   404   404   404    401
DELETE /v1/me/memberships/{org_id}                             never       401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/me/memberships/{org_id}/consent                     own         401     403      404    200   200  200    404   404   404   404    401
PUT    /v1/me/memberships/{org_id}/consent                     foreign     401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/me/memberships/{org_id}/consent                     deleted     401     403      404    404   404  404    404   404   404   404    401
PUT    /v1/me/memberships/{org_id}/consent                     never       401     403      404    404   404  404    404   404   404   404    401

POST   /v1/facts/batch                                         -           401     401     401     401     401     401     401     401     401     401     401     401     200
POST   /v1/identities/batch                                    -           401     401     401     401     401     401     401     401     401     401     401     401     200
GET    /v1/facts/batches                                       -           401     403     403     403     403     403     403     403     403     403     401     200     401
POST   /v1/facts/batches/{batch_id}/release                    own         401     403     403     403     403     403     403     403     403     403     401     200     401
POST   /v1/facts/batches/{batch_id}/release                    never       401     403     403     403     403     403     403     403     403     403     401     404     401
POST   /v1/facts/batches/{batch_id}/drop                       own         401     403     403     403     403     403     403     403     403     403     401     200     401
POST   /v1/facts/batches/{batch_id}/drop                       never       401     403     403     403     403     403     403     403     403     403     401     404     401
GET    /v1/sync-runs                                           -           401     403     403     403     403     403     403     403     403     403     401     200     401
POST   /v1/sync-runs/{run_id}/release                          own         401     403     403     403     403     403     403     403     403     403     401     200     401
POST   /v1/sync-runs/{run_id}/release                          never       401     403     403     403     403     403     403     403     403     403     401     404     401
POST   /v1/sync-runs/{run_id}/discard                          own         401     403     403     403     403     403     403     403     403     403     401     200     401
POST   /v1/sync-runs/{run_id}/discard                          never       401     403     403     403     403     403     403     403     403     403     401     404     401
GET    /v1/places/{place_id}/checkins                          own         401     403     403      200    200   403  403    200   403   200   401
GET    /v1/places/{place_id}/checkins                          foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/checkins                          deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/checkins                          never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/export                            own         401     403     403      403    403   403  403    200   403   401   401
GET    /v1/places/{place_id}/export                            foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/export                            deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/export                            never       401     403     404      404    404   404  404    404   404   404   401

GET    /v1/me/health-code                                      -           401     403      200    200   200  200    200   200   200   200    401
GET    /v1/me/health-code/history                              -           401     403      200    200   200  200    200   200   200   200    401
POST   /v1/me/health-code/travel-check                         -           401     403      200    200   200  200    200   200   200   200    401
GET    /v1/me/messages                                         -           401     403      200    200   200  200    200   200   200   200    401
POST   /v1/messages                                            -           401     403      201    201   201  201    201   201   201   201    401
GET    /v1/messages                                            -           401     403      403    403   403  403    403   403   403   403    401    200     401
GET    /v1/city/warnings                                       -           401     403      403    403   403  403    403   403   403   403    401    200     401
POST   /v1/messages/{message_id}/answer                        own         401     403      403    403   403  403    403   403   403   403    401    200     401
POST   /v1/messages/{message_id}/answer                        never       401     403      403    403   403  403    403   403   403   403    401    404     401

POST   /v1/places                                              -           401     403     201      201    201   201  201    201   201   201   401
GET    /v1/me/places                                           -           401     403     200      200    200   200  200    200   200   200   401
POST   /v1/me/places                                           own         401     403     201      200    200   201  201    200   201   200   401
POST   /v1/me/places                                           foreign     401     403     201      201    201   201  201    201   200   201   401
POST   /v1/me/places                                           never       401     403     403      403    403   403  403    403   403   403   401
DELETE /v1/me/places/{place_id}                                own         401     403     404      204    204   404  404    404   404   404   401
DELETE /v1/me/places/{place_id}                                foreign     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/me/places/{place_id}                                deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/me/places/{place_id}                                never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/statistics                        own         401     403     403      200    200   403  403    200   403   200   401
GET    /v1/places/{place_id}/statistics                        foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/statistics                        deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/statistics                        never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}                                   own         401     403     403      200    200   403  403    200   403   200   401
GET    /v1/places/{place_id}                                   foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}                                   deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}                                   never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/gates                             own         401     403     403      200    200   403  403    200   403   200   401
GET    /v1/places/{place_id}/gates                             foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/gates                             deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/gates                             never       401     403     404      404    404   404  404    404   404   404   401
PATCH  /v1/places/{place_id}                                   own         401     403     403      403    403   403  403    200   403   200   401
PATCH  /v1/places/{place_id}                                   foreign     401     403     403      403    403   403  403    403   200   403   401
PATCH  /v1/places/{place_id}                                   deleted     401     403     404      404    404   404  404    404   404   404   401
PATCH  /v1/places/{place_id}                                   never       401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/gates                             own         401     403     403      403    403   403  403    201   403   201   401
POST   /v1/places/{place_id}/gates                             foreign     401     403     403      403    403   403  403    403   201   403   401
POST   /v1/places/{place_id}/gates                             deleted     401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/gates                             never       401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/kiosks                            own         401     403     403      403    403   403  403    201   403   401   401
POST   /v1/places/{place_id}/kiosks                            foreign     401     403     403      403    403   403  403    403   201   403   401
POST   /v1/places/{place_id}/kiosks                            deleted     401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/kiosks                            never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/kiosks                            own         401     403     403      403    403   403  403    200   403   200   401
GET    /v1/places/{place_id}/kiosks                            foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/kiosks                            deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/kiosks                            never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/kiosks/{kiosk_id}                 own         401     403     403      403    403   403  403    204   403   204   401
DELETE /v1/places/{place_id}/kiosks/{kiosk_id}                 foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}/kiosks/{kiosk_id}                 mixed       401     403     403      403    403   403  403    404   403   404   401
DELETE /v1/places/{place_id}/kiosks/{kiosk_id}                 deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/kiosks/{kiosk_id}                 never       401     403     404      404    404   404  404    404   404   404   401
POST   /v1/kiosk/paper-passes                                  -           401     401     401      401    401   401  401    401   401   401   401    401     401    201
GET    /v1/places/{place_id}/declaration-code                  own         401     403     403      403    403   403  403    200   403   200   401
GET    /v1/places/{place_id}/declaration-code                  foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/declaration-code                  deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/declaration-code                  never       401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/declaration-code                  own         401     403     403      403    403   403  403    201   403   201   401
POST   /v1/places/{place_id}/declaration-code                  foreign     401     403     403      403    403   403  403    403   201   403   401
POST   /v1/places/{place_id}/declaration-code                  deleted     401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/declaration-code                  never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/staff                             own         401     403     403      403    403   403  403    200   403   200   401
GET    /v1/places/{place_id}/staff                             foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/staff                             deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/staff                             never       401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/places/{place_id}/binding                           own         401     403     403      403    403   403  403    200   403   200   401
PUT    /v1/places/{place_id}/binding                           foreign     401     403     403      403    403   403  403    403   200   403   401
PUT    /v1/places/{place_id}/binding                           deleted     401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/places/{place_id}/binding                           never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/binding                           own         401     403     403      403    403   403  403    204   403   204   401
DELETE /v1/places/{place_id}/binding                           foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}/binding                           deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/binding                           never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}                                   own         401     403     403      403    403   403  403    204   403   401   401
DELETE /v1/places/{place_id}                                   foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}                                   deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}                                   never       401     403     404      404    404   404  404    404   404   404   401
PATCH  /v1/places/{place_id}/gates/{gate_id}                   own         401     403     403      403    200   403  403    200   403   200   401
PATCH  /v1/places/{place_id}/gates/{gate_id}                   foreign     401     403     403      403    403   403  403    403   200   403   401
PATCH  /v1/places/{place_id}/gates/{gate_id}                   mixed       401     403     403      404    404   403  403    404   403   404   401
PATCH  /v1/places/{place_id}/gates/{gate_id}                   deleted     401     403     404      404    404   404  404    404   404   404   401
PATCH  /v1/places/{place_id}/gates/{gate_id}                   never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/gates/{gate_id}/poster            own         401     403     403      403    200   403  403    200   403   200   401
GET    /v1/places/{place_id}/gates/{gate_id}/poster            foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/gates/{gate_id}/poster            mixed       401     403     403      404    404   403  403    404   403   404   401
GET    /v1/places/{place_id}/gates/{gate_id}/poster            deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/gates/{gate_id}/poster            never       401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/gates/{gate_id}/poster            own         401     403     403      403    201   403  403    201   403   201   401
POST   /v1/places/{place_id}/gates/{gate_id}/poster            foreign     401     403     403      403    403   403  403    403   201   403   401
POST   /v1/places/{place_id}/gates/{gate_id}/poster            mixed       401     403     403      404    404   403  403    404   403   404   401
POST   /v1/places/{place_id}/gates/{gate_id}/poster            deleted     401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/gates/{gate_id}/poster            never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/gates/{gate_id}/poster            own         401     403     403      403    204   403  403    204   403   204   401
DELETE /v1/places/{place_id}/gates/{gate_id}/poster            foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}/gates/{gate_id}/poster            mixed       401     403     403      404    404   403  403    404   403   404   401
DELETE /v1/places/{place_id}/gates/{gate_id}/poster            deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/gates/{gate_id}/poster            never       401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/gates/{gate_id}/screen            own         401     403     403      200    200   403  403    200   403   200   401
GET    /v1/places/{place_id}/gates/{gate_id}/screen            foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/places/{place_id}/gates/{gate_id}/screen            mixed       401     403     403      404    404   403  403    404   403   404   401
GET    /v1/places/{place_id}/gates/{gate_id}/screen            deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/places/{place_id}/gates/{gate_id}/screen            never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/gates/{gate_id}                   own         401     403     403      403    403   403  403    204   403   204   401
DELETE /v1/places/{place_id}/gates/{gate_id}                   foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}/gates/{gate_id}                   mixed       401     403     403      403    403   403  403    404   403   404   401
DELETE /v1/places/{place_id}/gates/{gate_id}                   deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/gates/{gate_id}                   never       401     403     404      404    404   404  404    404   404   404   401
PATCH  /v1/places/{place_id}/staff/{member_id}                 own         401     403     403      403    403   403  403    200   403   200   401
PATCH  /v1/places/{place_id}/staff/{member_id}                 foreign     401     403     403      403    403   403  403    403   200   403   401
PATCH  /v1/places/{place_id}/staff/{member_id}                 mixed       401     403     403      403    403   403  403    404   403   404   401
PATCH  /v1/places/{place_id}/staff/{member_id}                 deleted     401     403     404      404    404   404  404    404   404   404   401
PATCH  /v1/places/{place_id}/staff/{member_id}                 never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/staff/{member_id}                 own         401     403     403      403    403   403  403    204   403   204   401
DELETE /v1/places/{place_id}/staff/{member_id}                 foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}/staff/{member_id}                 mixed       401     403     403      403    403   403  403    404   403   404   401
DELETE /v1/places/{place_id}/staff/{member_id}                 deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/staff/{member_id}                 never       401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/places/{place_id}/manager                           own         401     403     403      403    403   403  403    200   403   401   401
PUT    /v1/places/{place_id}/manager                           foreign     401     403     403      403    403   403  403    403   200   403   401
PUT    /v1/places/{place_id}/manager                           deleted     401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/places/{place_id}/manager                           never       401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/manager/acceptance                own         401     403     403      403    403   403  403    200   403   401   401
POST   /v1/places/{place_id}/manager/acceptance                foreign     401     403     403      403    403   403  403    403   200   403   401
POST   /v1/places/{place_id}/manager/acceptance                deleted     401     403     404      404    404   404  404    404   404   404   401
POST   /v1/places/{place_id}/manager/acceptance                never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/manager                           own         401     403     403      204    204   403  403    204   403   204   401
DELETE /v1/places/{place_id}/manager                           foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/places/{place_id}/manager                           deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/places/{place_id}/manager                           never       401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/places/{place_id}/suspension                        own         401     403     403      403    403   403  403    403   403   403   401    200     401
PUT    /v1/places/{place_id}/suspension                        foreign     401     403     403      403    403   403  403    403   403   403   401    200     401
PUT    /v1/places/{place_id}/suspension                        deleted     401     403     403      403    403   403  403    403   403   403   401    404     401
PUT    /v1/places/{place_id}/suspension                        never       401     403     403      403    403   403  403    403   403   403   401    404     401
DELETE /v1/places/{place_id}/suspension                        own         401     403     403      403    403   403  403    403   403   403   401    204     401
DELETE /v1/places/{place_id}/suspension                        foreign     401     403     403      403    403   403  403    403   403   403   401    409     401
DELETE /v1/places/{place_id}/suspension                        deleted     401     403     403      403    403   403  403    403   403   403   401    404     401
DELETE /v1/places/{place_id}/suspension                        never       401     403     403      403    403   403  403    403   403   403   401    404     401
GET    /v1/organizations/{org_id}/places                       own         401     403     403      403    200   403  403    200   403   200   401
GET    /v1/organizations/{org_id}/places                       foreign     401     403     403      403    403   403  403    403   200   403   401
GET    /v1/organizations/{org_id}/places                       deleted     401     403     404      404    404   404  404    404   404   404   401
GET    /v1/organizations/{org_id}/places                       never       401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/organizations/{org_id}/places/{place_id}            own         401     403     403      403    200   403  403    200   403   200   401
PUT    /v1/organizations/{org_id}/places/{place_id}            foreign     401     403     403      403    403   403  403    403   200   403   401
PUT    /v1/organizations/{org_id}/places/{place_id}            mixed       401     403     403      403    404   403  403    404   403   404   401
PUT    /v1/organizations/{org_id}/places/{place_id}            deleted     401     403     404      404    404   404  404    404   404   404   401
PUT    /v1/organizations/{org_id}/places/{place_id}            never       401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/organizations/{org_id}/places/{place_id}            own         401     403     403      403    204   403  403    204   403   204   401
DELETE /v1/organizations/{org_id}/places/{place_id}            foreign     401     403     403      403    403   403  403    403   204   403   401
DELETE /v1/organizations/{org_id}/places/{place_id}            mixed       401     403     403      403    404   403  403    404   403   404   401
DELETE /v1/organizations/{org_id}/places/{place_id}            deleted     401     403     404      404    404   404  404    404   404   404   401
DELETE /v1/organizations/{org_id}/places/{place_id}            never       401     403     404      404    404   404  404    404   404   404   401
"""

THINGS: dict[tuple[str, ...] | str, set[str]] = {
    ("org_id",): {"own", "foreign", "deleted", "never"},
    ("org_id", "member_id"): {"own", "below", "foreign", "deleted", "never", "left", "mixed"},
    ("org_id", "department_id"): {"own", "below", "beside", "foreign", "deleted", "never", "mixed"},
    ("org_id", "invitation_id"): {"own", "below", "foreign", "deleted", "never", "mixed"},
    ("org_id", "alert_id"): {"own", "foreign", "deleted", "never", "mixed"},
    ("org_id", "export_id"): {"own", "foreign", "deleted", "never", "mixed"},
    "DELETE /v1/organizations/{org_id}/admins/{member_id}": {
        "own",
        "chief",
        "head",
        "foreign",
        "deleted",
        "never",
        "mixed",
    },
    ("code",): {"own", "foreign", "deleted", "never", "forged"},
    ("place_id",): {"own", "foreign", "deleted", "never"},
    ("place_id", "kiosk_id"): {"own", "foreign", "deleted", "never", "mixed"},
    ("place_id", "gate_id"): {"own", "foreign", "deleted", "never", "mixed"},
    ("place_id", "member_id"): {"own", "foreign", "deleted", "never", "mixed"},
    ("org_id", "place_id"): {"own", "foreign", "deleted", "never", "mixed"},
    ("message_id",): {"own", "never"},
    ("paper_id",): {"own", "foreign", "never"},
    ("dependant_id",): {"own", "foreign", "never"},
    ("dependant_id", "org_id"): {"own", "foreign", "never"},
    ("guardian_id",): {"own", "foreign", "never"},
    ("name",): {"own", "never"},
    ("batch_id",): {"own", "never"},
    ("run_id",): {"own", "never"},
    ("checkin_id",): {"own", "foreign", "never"},
    ("place_id", "checkin_id"): {"own", "foreign", "mixed", "deleted", "never"},
}
"""Which things a route with these parameters must list, or this very route."""


@dataclass(frozen=True)
class Row:
    """One route and thing, with the status for each role."""

    route: str
    thing: str
    statuses: dict[str, int]


def rows() -> list[Row]:
    """The table, row by row."""
    heading, *lines = (line.split() for line in TABLE.splitlines() if line)
    assert heading == ["route", "thing", *ROLES]
    return [
        Row(f"{method} {path}", thing, _by_role([int(status) for status in statuses]))
        for method, path, thing, *statuses in lines
    ]


def _by_role(statuses: list[int]) -> dict[str, int]:
    left_out = len(ROLES) - len(statuses)
    assert left_out in (0, 1, len(ALIKE))
    found = dict(zip(ROLES[: len(statuses)], statuses, strict=True))
    return {**{role: found[other] for role, other in ALIKE.items()}, **found}
