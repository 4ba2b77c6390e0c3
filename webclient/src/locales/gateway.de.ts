/** The gateway's sentences about calls and phones by their codes; its own English ones are in gateway.en.json. */
export const sentences: Readonly<Record<string, string>> = {
  'command.bad_candidate': 'Der Netzwerkkandidat des Browsers ließ sich nicht lesen.',
  'command.bad_codecs': 'das Feld codecs ist keine Liste von Codec-Namen',
  'command.bad_digits': 'Wähltöne sind 0 bis 9, * und #, höchstens 64 auf einmal.',
  'command.bad_field': 'das Feld {field} ist zu lang oder hat Zeichen, die dort nicht hingehören',
  'command.bad_offer': 'Das Medienangebot des Browsers ließ sich nicht lesen. Laden Sie die Seite neu.',
  'command.bad_request':
    'Die Seite hat einen Befehl geschickt, den das Gateway nicht lesen kann: {fault}. Laden Sie die Seite neu.',
  'command.call_over': 'Dieses Gespräch ist zu Ende.',
  'command.ended': 'Dieses Gespräch ist schon zu Ende.',
  'command.enter_number': 'Geben Sie einen Namen oder eine Nummer ein, um anzurufen.',
  'command.enter_transfer': 'Geben Sie einen Namen oder eine Nummer ein, an die vermittelt werden soll.',
  'command.fault': 'Das Gateway hat einen Fehler gemacht und das nicht ausgeführt. Versuchen Sie es noch einmal.',
  'command.grant_kept':
    'Das Gespräch wurde beendet, aber die Freigabe dafür ließ sich nicht entziehen. Nehmen Sie sie unter Leistungsmerkmale zurück.',
  'command.intercom_outside': 'Direktansprechen erreicht nur Personen an diesem Gateway. Rufen Sie ohne an.',
  'command.intercom_own':
    'Direktansprechen ist für andere. Ihr eigenes Telefon nimmt an, wenn Sie die Schaltfläche zum Annehmen auf ihm drücken.',
  'command.missing_field': '{do} braucht das Feld {field}',
  'command.no_codec': 'Dieser Browser bietet keines der Tonformate PCMU, PCMA, G722 und Opus an.',
  'command.no_dtmf': 'Die Gegenseite versteht keine Wähltöne.',
  'command.no_grant_used':
    'Keine Freigabe hat Ihr Telefon diesen Anruf annehmen lassen, also ist keine zu entziehen. Nehmen Sie Auflegen.',
  'command.no_microphone':
    'Ein Programm hat kein eigenes Mikrofon. Nennen Sie statt des Browsers eines der Tischtelefone des Benutzers.',
  'command.no_room_for_sound':
    'Das Gateway hat keinen Platz für eine weitere Tonverbindung. Versuchen Sie es in einer Minute noch einmal.',
  'command.not_known': 'Die Seite hat um etwas gebeten, das dieses Gateway nicht kennt. Laden Sie die Seite neu.',
  'command.page_only': 'Darum kann nur die Seite in einem Fenster bitten.',
  'command.sound_fault': 'Das Gateway konnte den Ton nicht einrichten. Laden Sie die Seite neu.',
  'command.timeout': 'Das Gateway hat nicht rechtzeitig reagiert. Versuchen Sie es noch einmal.',
  'command.too_fast':
    'Es kamen zu viele Befehle auf einmal, deshalb wurde dieser ausgelassen. Versuchen Sie es gleich noch einmal.',
  'command.unknown_do': 'dieses do kennt es nicht',
  'command.user_gone': 'Diesen Benutzer gibt es nicht mehr. Melden Sie sich neu an.',
  'command.wrong_kind': 'ein Feld hat einen Wert der falschen Art',
  'decision.addresses': 'Der Anfragende gehört zu den zugelassenen Adressen.',
  'decision.comparing':
    'Der Speicher des Gateways ist wieder da und wird noch mit dem verglichen, was entzogen wurde. Deshalb wird einen Augenblick lang nichts automatisch angenommen; von Hand lässt sich das Telefon annehmen.',
  'decision.directory': 'Der Anfragende steht im persönlichen Telefonbuch.',
  'decision.fault':
    'Das Gateway hat bei der Entscheidung einen Fehler gemacht, deshalb wird nichts automatisch angenommen. Sagen Sie es der Systemverwaltung; von Hand lässt sich das Telefon annehmen.',
  'decision.friends': 'Der Anfragende steht auf der Freundesliste.',
  'decision.no_grant': 'Keine Gruppe, der der Anfragende angehört, ist freigegeben.',
  'decision.no_interworking':
    'Interworking ist für dieses Telefon ausgeschaltet, deshalb darf nichts es annehmen lassen. Schalten Sie es unter Leistungsmerkmale ein oder heben Sie den Hörer ab.',
  'decision.not_recorded':
    'Die Entscheidung ließ sich nicht aufzeichnen, und ohne Aufzeichnung wird nichts automatisch angenommen. Bitten Sie die Systemverwaltung, den Datenträger des Gateways zu prüfen; von Hand lässt sich das Telefon annehmen.',
  'decision.not_set_up':
    'Automatisches Annehmen ist auf diesem Gateway nicht eingerichtet. Heben Sie den Hörer ab oder nehmen Sie im Browser an.',
  'decision.own': 'Der Besitzer hat in einem Browser darum gebeten, in dem er angemeldet ist.',
  'decision.owner_limit':
    'Die Telefone dieses Besitzers wurden innerhalb der letzten Stunde {times}-mal von anderen geöffnet; mehr ist nicht erlaubt.',
  'decision.owner_only': 'Das darf nur der Besitzer des Telefons, in einem Browser, in dem er angemeldet ist.',
  'decision.privileged': 'Bevorrechtigtes automatisches Annehmen (Priv-Answer-Mode) ist nie erlaubt.',
  'decision.public': 'Alle sind zugelassen.',
  'decision.quiet':
    'Der Besitzer wünscht keine automatische Annahme, also lässt nur sein eigener Klick das Telefon annehmen.',
  'decision.requester_limit':
    'Dieser Anfragende hat innerhalb der letzten Stunde {times}-mal Telefone geöffnet; mehr ist nicht erlaubt.',
  'decision.simulated':
    '{reason} Das gilt für Anrufer, die ihre Adresse nachweisen: durch ihre eigene Anmeldung hier oder über einen vertrauenswürdigen Trunk. Wer sie nur behauptet, wird nicht zugelassen.',
  'decision.store_away':
    'Das Gateway konnte nicht lesen, wer dieses Telefon öffnen darf: Sein Speicher hat nicht rechtzeitig geantwortet. Bis er es tut, wird nichts automatisch angenommen; von Hand lässt sich das Telefon annehmen.',
  'decision.too_many':
    'Für dieses Telefon kamen zu viele Anfragen im selben Augenblick, deshalb wurde diese nicht zugelassen.',
  'decision.unknown_kind': 'Anfragen der Art {kind} sind nicht bekannt.',
  'decision.unproven':
    'Die Adresse des Anfragenden ist nur behauptet, nicht nachgewiesen, und der Besitzer lässt nicht alle zu.',
  'decision.unproven_limit':
    'Anrufer, die sich nicht ausgewiesen haben, haben innerhalb der letzten Stunde {times}-mal Telefone geöffnet; mehr ist nicht erlaubt.',
  'decision.withheld':
    'Der Anfragende verbirgt, wer er ist, oder es ist nicht zu lesen, und der Besitzer lässt nicht alle zu.',
  'device.busy': '{device} ist im Gespräch. Halten oder beenden Sie dieses zuerst.',
  'device.interworking_fixed':
    'Interworking ist für dieses Telefon nicht freigeschaltet. Fragen Sie die Systemverwaltung oder heben Sie den Hörer ab.',
  'device.interworking_off':
    'Interworking ist für dieses Telefon ausgeschaltet. Schalten Sie es unter „Ihre Telefone“ ein oder heben Sie den Hörer ab.',
  'device.not_set_up':
    'Von hier aus auf dem Tischtelefon anzunehmen ist auf diesem Gateway nicht eingerichtet. Heben Sie den Hörer ab.',
  'device.offline': '{device} ist nicht verbunden. Prüfen Sie, ob es eingeschaltet ist und Netz hat.',
  'device.testing': '{device} wird gerade getestet. Warten Sie das Ergebnis ab.',
  'notice.draining':
    'Das Gateway wird neu gestartet. Laufende Gespräche dürfen noch eine Weile weitergehen; neue versuchen Sie in einer Minute noch einmal.',
  'phonetest.answered': 'Es hat automatisch angenommen.',
  'phonetest.fault': 'Das Gateway hat einen Fehler gemacht. Testen Sie noch einmal.',
  'phonetest.gone': 'Es ist nicht mehr verbunden.',
  'phonetest.in_use': 'Das Telefon wird benutzt. Beenden Sie zuerst das Gespräch und testen Sie dann noch einmal.',
  'phonetest.key_unseen':
    '{said} Von ihm kam kein {key}; schalten Sie sein Mikrofon also hier ein. Um diese Taste zu nutzen, testen Sie noch einmal und drücken Sie sie, wenn Sie dazu aufgefordert werden.',
  'phonetest.key_works': '{said} Seine Taste {key} schaltet das Mikrofon ein.',
  'phonetest.no_phone': 'Ein solches Telefon haben Sie nicht. Laden Sie die Seite neu.',
  'phonetest.no_reaction': '{device} hat nicht reagiert. Prüfen Sie das Netzwerkkabel und testen Sie noch einmal.',
  'phonetest.no_room': 'Das Gateway hat keinen Platz für einen weiteren Anruf. Testen Sie in einer Minute noch einmal.',
  'phonetest.none_worked':
    '{device} hat auf keine dieser Arten automatisch angenommen. Erlauben Sie in seinen Einstellungen die automatische Annahme, oft „Intercom“ genannt, und testen Sie noch einmal. Bis dahin heben Sie den Hörer ab oder nehmen im Browser an.',
  'phonetest.not_kept':
    '{device} nimmt mit {way} automatisch an, aber das ließ sich nicht speichern: Der Speicher ist nicht erreichbar. Testen Sie in einer Minute noch einmal.',
  'phonetest.not_set_up': 'Automatisches Annehmen ist auf diesem Gateway nicht eingerichtet.',
  'phonetest.note': '{said} Zu diesem Modell: {note}',
  'phonetest.offline':
    '{device} ist nicht verbunden. Prüfen Sie, ob es eingeschaltet ist und Netz hat, und testen Sie noch einmal.',
  'phonetest.rang': 'Es hat geklingelt und nicht automatisch angenommen.',
  'phonetest.refused': 'Es hat den Anruf abgelehnt (SIP-Status {status}).',
  'phonetest.restarting': 'Das Gateway wird neu gestartet. Testen Sie in einer halben Minute noch einmal.',
  'phonetest.running': 'Das Telefon wird schon getestet. Warten Sie das Ergebnis ab.',
  'phonetest.stopped': 'Der Test wurde abgebrochen.',
  'phonetest.unreachable': 'Es hat nicht reagiert.',
  'phonetest.works':
    '{device} nimmt mit {way} automatisch an. Das ist dafür gespeichert. Falls Sie den Hörer abgehoben haben, testen Sie noch einmal, ohne das Telefon zu berühren.',
  'revoked.addresses': 'Dürfen Ihre Telefone nicht mehr öffnen: {addresses}.',
  'revoked.group': 'Die Gruppe {group} darf Ihre Telefone nicht mehr öffnen.',
  'revoked.nothing': 'Das war schon nicht mehr erlaubt.',
};
