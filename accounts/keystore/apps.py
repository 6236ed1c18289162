from django.apps import AppConfig


class KeystoreConfig(AppConfig):
    name = "accounts.keystore"
    label = "keystore"
