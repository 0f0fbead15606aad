"""The pages of people and associations.

Of allauth's views only those that are needed: there is no page for a password, a list of addresses or a
social account. The names without a namespace are those that allauth looks up.
"""

from allauth.account import views as allauth_account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import include, path

from accounts import contact_views, factor_views, organisation_views, proconnect_views, sign_in_views, views

own = [
    path("compte/", views.home, name="home"),
    path("compte/adresse/", contact_views.change_address, name="change_address"),
    path("compte/changement/<str:token>/", contact_views.stop_change, name="stop_change"),
    path("compte/appareils/deconnecter/", views.end_elsewhere, name="end_elsewhere"),
    path("compte/appareils/<slug:mark>/deconnecter/", views.end_one, name="end_one"),
    path("compte/confirmer/", contact_views.confirm, name="confirm"),
    path("compte/cles/", views.add_token, name="add_token"),
    path("compte/cles/<int:pk>/revoquer/", views.revoke_token, name="revoke_token"),
    path("compte/accords/appels/", views.agree_to_appeals, name="agree_to_appeals"),
    path("compte/accords/<int:pk>/retirer/", views.withdraw_consent, name="withdraw_consent"),
    path("compte/accords/<int:pk>/redonner/", views.give_consent_again, name="give_consent_again"),
    path("compte/association/<int:pk>/messages/", organisation_views.told, name="told"),
    path("<slug:city_slug>/associations/", organisation_views.organisations, name="organisations"),
    path(
        "<slug:city_slug>/associations/inscription/",
        organisation_views.register_organisation,
        name="register_organisation",
    ),
    path(
        "<slug:city_slug>/associations/<int:pk>/verifier/",
        organisation_views.verify_organisation,
        name="verify_organisation",
    ),
    path(
        "<slug:city_slug>/associations/<int:pk>/suspendre/",
        organisation_views.suspend_organisation,
        name="suspend_organisation",
    ),
]

sign_in = [
    path("connexion/", sign_in_views.RequestCodeView.as_view(), name="account_request_login_code"),
    path("connexion/", sign_in_views.RequestCodeView.as_view(), name="account_login"),
    path("connexion/code/", sign_in_views.ConfirmCodeView.as_view(), name="account_confirm_login_code"),
    path("connexion/premiere-fois/", sign_in_views.first_time, name="account_signup"),
    path("connexion/compte-ferme/", allauth_account.account_inactive, name="account_inactive"),
    path("connexion/proconnect/", proconnect_views.begin, name="proconnect"),
    path("connexion/proconnect/retour/", proconnect_views.come_back, name="proconnect_callback"),
    path("deconnexion/", sign_in_views.SignOutView.as_view(), name="account_logout"),
]

# A second factor, for the staff of towns; see admin.py.
second_factor = [
    path("compte/double-verification/", mfa.index, name="mfa_index"),
    path(
        "compte/double-verification/activer/",
        factor_views.ActivateSecondFactorView.as_view(),
        name="mfa_activate_totp",
    ),
    path("compte/double-verification/desactiver/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("compte/double-verification/confirmer/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "compte/double-verification/codes/",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "compte/double-verification/codes/nouveaux/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "compte/double-verification/cle/",
        factor_views.AddPasskeyView.as_view(),
        name="mfa_add_webauthn",
    ),
    path(
        "compte/double-verification/cle/<int:pk>/retirer/",
        factor_views.RemovePasskeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path(
        "compte/double-verification/cle/confirmer/",
        factor_views.ShowPasskeyView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("connexion/cle/", factor_views.PasskeySignInView.as_view(), name="mfa_login_webauthn"),
    path("connexion/double-verification/", factor_views.SecondFactorView.as_view(), name="mfa_authenticate"),
]

urlpatterns = [*sign_in, *second_factor, path("", include((own, "accounts")))]
